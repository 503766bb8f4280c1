// A clock that cannot be right: issues would start at a wrong time, and what they write would come
// before what is written already. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"

namespace postrider::daemon::guards {

class ClockGuard {
 public:
  /// How far a clock may be put back: more than what keeps it right ever does at once.
  static constexpr Duration most_back = std::chrono::minutes(10);

  /// A clock that is put back by less is only kept right.
  static constexpr Duration least_step = std::chrono::minutes(1);

  /// `last_entry`: of the ledger; nothing: it is empty.
  ClockGuard(Instant built, std::optional<Instant> last_entry);

  /// Why nothing is to start by a clock that says so; nothing: it may be right. Call it often: it
  /// is also compared with what it said before.
  std::optional<std::string> look(Instant now);
  /// Somebody let an issue go in spite of it: the clock is believed from now on.
  void believe(Instant now);

 private:
  Instant built_;
  std::optional<Instant> latest_;
};

}  // namespace postrider::daemon::guards
