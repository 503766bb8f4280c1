// What the operator is told by mail: whoever has something to say leaves it here. Belongs to the
// thread of its Database.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "store/sqlite.h"

namespace postrider::store {

/// The numbers are stored.
enum class OperatorEvent : std::uint8_t {
  issue_held = 0,
  issue_rejected = 1,
  issue_paused = 2,  // by the daemon
  issue_started = 3,
  issue_finished = 4,
  breaker = 5,  // many readers gone at once: nobody is suppressed until the operator says so
  complaint_rate = 6,
  failure_rate = 7,
  sign_ups = 8,  // to a list are stopped
};

class OperatorMails {
 public:
  explicit OperatorMails(Database& database) : database_(database) {}

  /// `about`: a slug, domain or list; `line`: in plain words, what happened and what to do. Call it
  /// inside the transaction of that.
  void tell(OperatorEvent kind, std::string_view about, std::string_view line, Instant now);

 private:
  Database& database_;
};

}  // namespace postrider::store
