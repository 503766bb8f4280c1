// A rate limit as a bucket of tokens: one message takes one. A value; the time is an argument.
//
// No period ever sees more than the rate's count where the period is an hour or a day: half of it
// may go at once, the rest comes evenly. Rates by the second or minute are spread evenly from the
// start, with as much at once as comes in a twentieth of a second.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/rate.h"

namespace postrider::queue {

class TokenBucket {
 public:
  /// What a restart has to know, so that it gives nothing away.
  struct Level {
    double tokens = 0;
    Instant at;
  };

  /// Full.
  TokenBucket(const Rate& rate, Instant now);
  /// As it was left; what a clock that was set back makes of `level` is not believed.
  TokenBucket(const Rate& rate, const Level& level, Instant now);

  /// A clock that was set back must not stop it.
  void believe(Instant now) { at_ = at_ < now ? at_ : now; }

  /// How many may go now.
  std::size_t available(Instant now) const;
  /// Takes one that is available.
  void take(Instant now);
  /// Gives back one that was not used.
  void give_back(Instant now);
  /// When the next one is available; `now` where one is.
  Instant next(Instant now) const;

  Level level() const { return {tokens_, at_}; }
  const Rate& rate() const { return rate_; }

 private:
  double tokens_at(Instant now) const;

  Rate rate_;
  double most_;
  double per_ms_;
  double tokens_;
  Instant at_;
};

}  // namespace postrider::queue
