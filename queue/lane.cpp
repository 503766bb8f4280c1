#include "queue/lane.h"

#include <algorithm>

#include "queue/pressure.h"

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

constexpr int no_limit = 1'000'000;
constexpr int spare = 4;  // claimed ahead of the places, so that none stands empty

}  // namespace

Lane::Lane(std::string name, int connections, const std::optional<TokenBucket>& bucket)
    : name_(std::move(name)),
      limited_(connections > 0),
      window_(limited_ ? connections : no_limit),
      bucket_(bucket) {}

Room Lane::room(Instant now) const {
  if (now < paused_until_) return {.most = 0, .again = paused_until_};
  auto most = 2 * static_cast<std::int64_t>(window_.width()) + spare;
  if (bucket_) {
    const auto& rate = bucket_->rate();
    const auto a_second = rate.count * 1000 / rate.period.count();
    most = std::min(most, static_cast<std::int64_t>(bucket_->available(now)) + a_second + 1);
  }
  // By the handful, since each claim costs a look into the store.
  const auto handful = std::min<std::int64_t>(most / 4 + 1, 32);
  return {.most = most - held_ < handful ? 0 : static_cast<std::size_t>(most - held_), .again = {}};
}

std::optional<Instant> Lane::hold_up(Instant now) {
  // The clock may have been set back.
  if (bucket_) bucket_->believe(now);
  paused_until_ = std::min(paused_until_, now + longest_pause);
  if (now < paused_until_) return paused_until_;
  if (in_flight_ >= window_.width()) {
    awaited_ = true;
    return Instant::max();
  }
  if (bucket_ && bucket_->available(now) == 0) return bucket_->next(now);
  return {};
}

void Lane::enter(Instant now) {
  ++in_flight_;
  if (bucket_) bucket_->take(now);
}

bool Lane::leave(bool sent, Instant now) {
  --in_flight_;
  if (!sent && bucket_) bucket_->give_back(now);
  return std::exchange(awaited_, false);
}

bool Lane::judge(const Outcome& outcome, Instant now) {
  if (outcome.kind == OutcomeKind::delivered) {
    window_.succeeded();
    if (now >= paused_until_ && in_flight_ < window_.width()) reason_.clear();
    return false;
  }
  const auto pressure = pressure_of(outcome.reply);
  if (!pressure) return false;
  window_.failed(in_flight_);
  reason_ = outcome.reply.str();
  const auto until = now + pressure->pause;
  const bool longer = until > std::max(now, paused_until_);
  if (longer) paused_until_ = until;
  return longer;
}

void Lane::pause(Instant until, const std::string& reason) {
  paused_until_ = until;
  reason_ = reason;
}

bool Lane::holds_back(Instant now) const {
  return now < paused_until_ || (held_ > in_flight_ && (in_flight_ >= window_.width() ||
                                                        (bucket_ && !bucket_->available(now))));
}

LaneStatus Lane::status(Instant now) const {
  LaneStatus status;
  status.name = name_;
  status.in_flight = in_flight_;
  if (limited_ || window_.narrowed()) status.width = window_.width();
  if (bucket_) status.rate = bucket_->rate();
  if (now < paused_until_) status.paused_until = paused_until_;
  status.reason = reason_;
  return status;
}

}  // namespace postrider::queue
