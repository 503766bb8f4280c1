#include "store/sweeper.h"

#include <stdexcept>
#include <utility>

#include "store/traces.h"

namespace postrider::store {

using namespace std::chrono_literals;

namespace {

constexpr auto again_after = 1s;

}  // namespace

Sweeper::Sweeper(std::filesystem::path database, std::chrono::milliseconds grace,
                 std::function<void()> done)
    : file_(std::move(database)),
      grace_(grace),
      done_(std::move(done)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Sweeper::~Sweeper() = default;

void Sweeper::sweep() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  wake_.notify_one();
}

void Sweeper::run(const std::stop_token& stop) {
  const auto never = [] { return false; };
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return wanted_; })) {
    wake_.wait_for(lock, stop, grace_, never);
    wanted_ = false;
    for (bool clean = false; !clean && !stop.stop_requested();) {
      lock.unlock();
      clean = carry_out();
      lock.lock();
      if (!clean) wake_.wait_for(lock, stop, again_after, never);
    }
  }
}

bool Sweeper::carry_out() {
  try {
    if (!database_) {
      auto opened = Database::open(file_, OpenMode::read_write);
      if (!opened) return false;
      database_ = std::move(*opened);
    }
    if (has_traces(*database_) && !remove_traces(*database_)) return false;
    if (done_) done_();
    return true;
  } catch (const std::exception&) {
    // The disk is in trouble; the writer tells that.
    return false;
  }
}

}  // namespace postrider::store
