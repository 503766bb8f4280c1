#include "queue/relay_health.h"

#include <algorithm>

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

constexpr auto first_back_off = 1s;
constexpr auto longest_back_off = 300s;

}  // namespace

bool RelayHealth::may_open(Steady::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!has_room(now)) return false;
  ++opening_;
  return true;
}

bool RelayHealth::could_open(Steady::time_point now) const {
  const std::lock_guard lock(mutex_);
  return has_room(now);
}

bool RelayHealth::has_room(Steady::time_point now) const {
  if (out_ || now < wait_until_ || now < pause_until_) return false;
  // One goes first: where the log-in is wrong, it is wrong once only.
  const bool one_first = down_ || !proven_;
  return open_ + opening_ < window_.width() && !(one_first && opening_ > 0);
}

bool RelayHealth::may_probe(Steady::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    if (!down_) return false;
  }
  return may_open(now);
}

void RelayHealth::opened() {
  bool others_may_follow = false;
  {
    const std::lock_guard lock(mutex_);
    others_may_follow = !proven_ || !is_usable();
    --opening_;
    ++open_;
    down_ = false;
    proven_ = true;
  }
  if (changed_ && others_may_follow) changed_();
}

void RelayHealth::given_up() {
  const std::lock_guard lock(mutex_);
  --opening_;
}

void RelayHealth::failed(const std::string& why, Steady::time_point now) {
  change([&] {
    --opening_;
    back_off(why, now);
  });
}

void RelayHealth::closed() {
  const std::lock_guard lock(mutex_);
  --open_;
}

void RelayHealth::broke(const std::string& why, Steady::time_point now) {
  change([&] { back_off(why, now); });
}

void RelayHealth::back_off(const std::string& why, Steady::time_point now) {
  last_error_ = why;
  down_ = open_ == 0;
  // Connections that were tried together fail together: that is one failure.
  if (now < wait_until_) return;
  ++failures_;
  window_.failed(open_);
  const auto doubled = first_back_off * (1 << std::min(failures_ - 1, 9));
  wait_until_ = now + std::min<Steady::duration>(doubled, longest_back_off);
}

void RelayHealth::pressed(const std::string& why, std::chrono::milliseconds pause,
                          Steady::time_point now) {
  bool longer = false;
  {
    const std::lock_guard lock(mutex_);
    last_error_ = why;
    window_.failed(open_);
    longer = pause.count() > 0 && now + pause > pause_until_;
    if (longer) pause_until_ = now + pause;
  }
  if (longer && paused_) paused_(why, pause);
}

void RelayHealth::pause(const std::string& why, Steady::time_point until) {
  const std::lock_guard lock(mutex_);
  last_error_ = why;
  pause_until_ = until;
}

void RelayHealth::succeeded(Steady::time_point now) {
  const std::lock_guard lock(mutex_);
  window_.succeeded();
  failures_ = 0;
  // Why it waits stays told while it does.
  if (now >= wait_until_ && now >= pause_until_ && !out_) last_error_.clear();
}

void RelayHealth::out(const std::string& why) {
  change([&] {
    out_ = true;
    last_error_ = why;
  });
}

bool RelayHealth::usable() const {
  const std::lock_guard lock(mutex_);
  return is_usable();
}

bool RelayHealth::paused(Steady::time_point now) const {
  const std::lock_guard lock(mutex_);
  return now < pause_until_;
}

RelayHealth::Picture RelayHealth::picture(Steady::time_point now) const {
  const std::lock_guard lock(mutex_);
  Picture picture{.down = down_,
                  .out = out_,
                  .connections = open_,
                  .width = window_.width(),
                  .most = window_.most(),
                  .last_error = last_error_,
                  .next_try = {}};
  const auto until = std::max(wait_until_, pause_until_);
  if (now < until && !out_)
    picture.next_try = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  return picture;
}

void RelayHealth::change(const std::function<void()>& work) {
  bool changes = false;
  {
    const std::lock_guard lock(mutex_);
    const bool was_usable = is_usable();
    work();
    changes = is_usable() != was_usable;
  }
  if (changes && changed_) changed_();
}

}  // namespace postrider::queue
