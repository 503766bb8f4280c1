// A lane: what shares the limits towards a recipient domain. One domain, or all of a provider's.
// Not safe to share between threads; queue/pacing.h guards it. The time is an argument.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "queue/delivery.h"
#include "queue/store.h"
#include "queue/token_bucket.h"
#include "queue/window.h"

namespace postrider::queue {

/// A lane that holds mail back, for `status`.
struct LaneStatus {
  std::string name;
  std::vector<std::string> domains;  // that are in it
  int in_flight = 0;
  int width = 0;  // 0: no limit
  std::optional<Rate> rate;
  std::optional<Instant> paused_until;
  std::string reason;  // what a server said; empty: nothing, it is the settings' limit
};

class Lane {
 public:
  /// `connections`: deliveries on the wire at a time; 0: no limit, until a server wants one.
  Lane(std::string name, int connections, const std::optional<TokenBucket>& bucket);

  /// How many deliveries more may wait before it, beside those that are held already.
  Room room(Instant now) const;
  /// So many more are held by relays (fewer, where negative): waiting or on the wire.
  void hold(int more) { held_ += more; }

  /// Nothing: one may go now. Else when to ask again; Instant::max(): when a place is free.
  std::optional<Instant> hold_up(Instant now);
  /// One goes on the wire.
  void enter(Instant now);
  /// It is off the wire; `sent`: it was not given back. True: somebody waits for its place.
  bool leave(bool sent, Instant now);
  /// What an outcome says of the pace. True: it asks for a pause, or a longer one.
  bool judge(const Outcome& outcome, Instant now);
  /// What was asked for: nothing goes before.
  void pause(Instant until, const std::string& reason);

  const std::string& name() const { return name_; }
  Instant paused_until() const { return paused_until_; }
  const std::optional<TokenBucket>& bucket() const { return bucket_; }
  bool holds_back(Instant now) const;
  LaneStatus status(Instant now) const;

 private:
  std::string name_;
  bool limited_;
  Window window_;
  std::optional<TokenBucket> bucket_;
  int held_ = 0;
  int in_flight_ = 0;
  bool awaited_ = false;
  Instant paused_until_{};
  std::string reason_;
};

}  // namespace postrider::queue
