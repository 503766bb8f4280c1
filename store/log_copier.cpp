#include "store/log_copier.h"

#include "store/paced_writes.h"

namespace postrider::store {

namespace {

/// A log begins anew at a commit that finds all of it copied. Beside a writer that never rests the
/// thread's copies are always a little behind: from `long_log` on the writer copies that little
/// itself, for which its commit waits, and so the more only the longer the log has become.
constexpr int long_log = 4 * Database::usual_frames;
constexpr int very_long_log = 8 * Database::usual_frames;
constexpr int longest_log = 16 * Database::usual_frames;

bool is_little(int left, int frames) {
  if (frames >= longest_log) return true;
  return left <= (frames >= very_long_log ? Database::usual_frames : Database::usual_frames / 2);
}

}  // namespace

LogCopier::LogCopier(Database& writing)
    : writing_(writing),
      due_(long_log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
  writing_.leave_log([this](int frames) { grown(frames); });
}

LogCopier::~LogCopier() { writing_.leave_log({}); }

void LogCopier::grown(int frames) {
  if (frames < seen_) {  // it has begun anew
    copied_ = 0;
    due_ = long_log;
  }
  seen_ = frames;
  hurries_ = frames >= very_long_log;
  // A copy of the log before this one may have been noted late.
  const int left = frames - (copied_ > frames ? 0 : copied_.load());
  if (frames >= due_ && is_little(left, frames)) {
    if (writing_.copy_log()) due_ = frames + Database::usual_frames;
  } else if (left >= Database::usual_frames) {
    {
      const std::lock_guard lock(mutex_);
      wanted_ = true;
    }
    wake_.notify_one();
  }
}

void LogCopier::run(const std::stop_token& stop) {
  pace_writes(hurries_);
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return wanted_; })) {
    wanted_ = false;
    lock.unlock();
    copy();
    lock.lock();
  }
}

void LogCopier::copy() {
  if (!own_) {
    auto opened = Database::open(writing_.file(), OpenMode::read_write);
    if (!opened) return;  // the disk is in trouble; the writer tells that
    own_ = std::move(*opened);
  }
  if (const auto copied = own_->copy_log()) copied_ = *copied;
}

}  // namespace postrider::store
