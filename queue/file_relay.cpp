#include "queue/file_relay.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/files.h"
#include "base/text.h"

namespace postrider::queue {

namespace {

using namespace std::chrono_literals;

/// "1-42-reader_example.org.eml": the same for every try of a delivery, so that a second try
/// replaces the first; nothing in it leaves the folder.
std::string file_name(const Parcel& parcel) {
  const auto& key = parcel.claimed.key;
  auto name = std::to_string(key.issue.value) + "-" + std::to_string(key.subscriber.value);
  if (key.notice != 0) name += "-copy-" + std::to_string(key.notice);
  name += "-";
  for (const char c : cut_utf8(parcel.envelope.recipient, 100)) {
    const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '+' || c == '@';
    name += safe ? c : '_';
  }
  return name + ".eml";
}

class FileRelay final : public Relay {
 public:
  FileRelay(std::string name, std::filesystem::path directory, const Clock& clock)
      : directory_(std::move(directory)), clock_(clock) {
    status_.name = std::move(name);
    status_.state = "idle";
  }

  void run(Desk& desk, std::stop_token stop) override {
    while (!stop.stop_requested()) {
      desk.attend();
      auto parcel = waiting() ? std::nullopt : desk.next();
      if (!parcel) {
        wait(desk);
        continue;
      }
      tell("sending");
      const auto ours = begin(desk, *parcel, stop);
      if (!ours)
        desk.release(*parcel, 0ms, "the daemon is ending");
      else if (*ours)
        write(desk, *parcel);
    }
    tell("idle");
  }

  /// After trouble, until it is time to look whether it is over.
  bool waiting() {
    const bool wait = std::chrono::steady_clock::now() < try_again_;
    tell(wait ? "waiting" : "idle");
    return wait;
  }

  RelayStatus status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  static void wait(Desk& desk) {
    auto wait = Steady::duration(250ms);
    if (const auto again = desk.ask_again())
      wait = std::clamp(*again - Steady::now(), Steady::duration::zero(), wait);
    desk.submit();
    pollfd wake{desk.wake_fd(), POLLIN, 0};
    ::poll(&wake, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
  }

  /// Whether it is ours to send, once that is on disk; nothing: stopped before it was.
  static std::optional<bool> begin(Desk& desk, const Parcel& parcel, const std::stop_token& stop) {
    const auto answer = std::make_shared<std::optional<bool>>();
    desk.begin(parcel.claimed.claim(), [answer](bool ours) { *answer = ours; });
    while (!*answer && !stop.stop_requested()) {
      wait(desk);
      desk.attend();
    }
    return *answer;
  }

  void write(Desk& desk, const Parcel& parcel) {
    const auto begun = clock_.now();
    try {
      std::filesystem::create_directories(directory_);
      const auto name = file_name(parcel);
      write_file(directory_ / name, parcel.data.str(), 0600);
      set_error("", {});
      desk.finish(parcel, begun,
                  {OutcomeKind::delivered, Scope::recipient, {250, "2.0.0", "written to " + name}},
                  {});
    } catch (const std::filesystem::filesystem_error& error) {
      const auto why = directory_.string() + " cannot be written: " + error.code().message();
      try_again_ = std::chrono::steady_clock::now() + back_off;
      set_error(why, clock_.now() + back_off);
      desk.release(parcel, back_off, why);
    }
  }

  void tell(const char* state) {
    const std::lock_guard lock(mutex_);
    status_.state = state;
  }

  void set_error(std::string error, std::optional<Instant> retry_at) {
    const std::lock_guard lock(mutex_);
    status_.last_error = std::move(error);
    status_.retry_at = retry_at;
  }

  static constexpr Duration back_off = 5s;

  const std::filesystem::path directory_;
  const Clock& clock_;
  std::chrono::steady_clock::time_point try_again_{};  // the relay's thread only
  mutable std::mutex mutex_;
  RelayStatus status_;
};

}  // namespace

std::unique_ptr<Relay> make_file_relay(std::string name, std::filesystem::path directory,
                                       const Clock& clock) {
  return std::make_unique<FileRelay>(std::move(name), std::move(directory), clock);
}

}  // namespace postrider::queue
