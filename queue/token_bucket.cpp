#include "queue/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

constexpr double tick = 1e-9;  // what rounding may cost a token

bool is_quota(const Rate& rate) { return rate.period >= 1h; }

double most_at_once(const Rate& rate) {
  const auto count = static_cast<double>(rate.count);
  if (is_quota(rate)) return std::max(1.0, std::floor(count / 2));
  return std::max(1.0, count * 50 / static_cast<double>(rate.period.count()));
}

}  // namespace

TokenBucket::TokenBucket(const Rate& rate, Instant now)
    : TokenBucket(rate, {most_at_once(rate), now}, now) {}

TokenBucket::TokenBucket(const Rate& rate, const Level& level, Instant now)
    : rate_(rate),
      most_(most_at_once(rate)),
      per_ms_((static_cast<double>(rate.count) - (is_quota(rate) ? most_ : 0)) /
              static_cast<double>(rate.period.count())),
      tokens_(std::clamp(level.tokens, 0.0, most_)),
      at_(std::min(level.at, now)) {
  // A count of 1 would be all taken at once, and nothing would ever come.
  per_ms_ = std::max(per_ms_, 1 / static_cast<double>(rate.period.count()));
}

double TokenBucket::tokens_at(Instant now) const {
  const auto passed = std::max<double>(0, static_cast<double>((now - at_).count()));
  return std::min(most_, tokens_ + passed * per_ms_);
}

std::size_t TokenBucket::available(Instant now) const {
  return static_cast<std::size_t>(tokens_at(now) + tick);
}

void TokenBucket::take(Instant now) {
  tokens_ = std::max(0.0, tokens_at(now) - 1);
  at_ = now;
}

void TokenBucket::give_back(Instant now) {
  tokens_ = std::min(most_, tokens_at(now) + 1);
  at_ = now;
}

Instant TokenBucket::next(Instant now) const {
  const auto missing = 1 - tick - tokens_at(now);
  if (missing <= 0) return now;
  return now + Duration(static_cast<Duration::rep>(std::ceil(missing / per_ms_)));
}

}  // namespace postrider::queue
