// What happens, told in the log: issues' moves as the ledger's events have them, whoever made them
// (the daemon, a command), relays that fail or are back, and what came back. Main thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/postman.h"
#include "queue/relay.h"
#include "store/ledger.h"

namespace postrider::daemon {

/// Tells the same kind of thing ever more seldom while it goes on: after a minute, two, four, an
/// hour at most; after an hour of silence at once again.
class Restraint {
 public:
  bool allows(Instant now) const { return now >= due_ || due_ - now > pause_; }
  void told(Instant now);

 private:
  static constexpr Duration least = std::chrono::minutes(1);
  static constexpr Duration most = std::chrono::hours(1);

  Duration pause_ = least;
  Instant due_{};
};

class Chronicle {
 public:
  /// Begins after the newest event there is, and tells which issues go on. `reading` must outlive
  /// it.
  explicit Chronicle(store::Database& reading);

  /// Tells the events that are new; a few hundred at most, the rest next time.
  void tell_events();
  /// Tells relays whose last error is not what was told last; ever more seldom.
  void tell_relays(const std::vector<queue::RelayStatus>& relays, Instant now);
  /// Tells a mailbox that was in trouble and is read again; of the trouble its thread tells.
  void tell_mailbox(const PostmanStatus& mailbox);
  /// Tells how many reports were read, however they came, and what they did; ever more seldom.
  void tell_reports(Instant now);

 private:
  store::Database& reading_;
  std::int64_t last_event_ = 0;
  std::int64_t last_report_ = 0;
  Restraint reports_;
  bool mailbox_in_trouble_ = false;
  struct RelayError {
    std::string told;
    Restraint restraint;
  };
  std::map<std::string, RelayError> errors_;  // of relays, by their names
};

}  // namespace postrider::daemon
