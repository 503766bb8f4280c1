#include "daemon/commands/single_parcel.h"

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace postrider::daemon::commands {

namespace {

/// A desk with one parcel; ends the relay when that is judged.
class SingleDesk final : public queue::Desk {
 public:
  SingleDesk(queue::Parcel parcel, Heard heard)
      : parcel_(std::move(parcel)),
        heard_(std::move(heard)),
        wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (wake_ < 0) throw std::runtime_error("no eventfd");
  }
  ~SingleDesk() override { ::close(wake_); }

  int wake_fd() const override { return wake_; }

  void attend() override {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(wake_, &count, sizeof count);
    for (const auto& task : std::exchange(waiting_, {})) task();
  }

  std::optional<queue::Parcel> next() override { return std::exchange(parcel_, std::nullopt); }

  std::size_t waiting() override { return parcel_ ? 1 : 0; }
  std::optional<queue::Steady::time_point> ask_again() const override { return {}; }
  void give_back_stock(const std::string& why) override {
    if (parcel_) fail(why);
  }

  std::chrono::steady_clock::time_point stop_by() const override {
    return std::chrono::steady_clock::time_point::max();
  }

  void begin(const queue::Claim&, std::function<void(bool)> ready) override {
    later([ready = std::move(ready)] { ready(true); });
  }

  void finish(const queue::Parcel&, Instant, const queue::Outcome& outcome,
              std::function<void()> recorded) override {
    outcome_ = outcome;
    stop_.request_stop();
    if (recorded) later(std::move(recorded));
  }

  void release(const queue::Parcel&, Duration, const std::string& why) override { fail(why); }

  bool broke(const queue::Parcel&, Instant, const std::string& why) override {
    fail(why);
    return true;
  }

  void heard(std::string_view command, const mail::Reply& reply) override {
    heard_(command, reply);
  }

  std::stop_token stop_token() const { return stop_.get_token(); }
  const queue::Outcome& outcome() const { return outcome_; }

 private:
  void later(std::function<void()> task) {
    waiting_.push_back(std::move(task));
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  }

  void fail(const std::string& why) {
    outcome_ = {.kind = queue::OutcomeKind::deferred,
                .scope = queue::Scope::session,
                .reply = {.code = 0, .enhanced = "", .text = why}};
    stop_.request_stop();
  }

  std::optional<queue::Parcel> parcel_;
  const Heard heard_;
  int wake_;
  std::vector<std::function<void()>> waiting_;
  std::stop_source stop_;
  queue::Outcome outcome_;
};

}  // namespace

queue::Outcome send_single(queue::Relay& relay, queue::Parcel parcel, Heard heard) {
  SingleDesk desk(std::move(parcel), std::move(heard));
  relay.run(desk, desk.stop_token());
  return desk.outcome();
}

}  // namespace postrider::daemon::commands
