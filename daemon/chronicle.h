// What happens, told in the log: issues' moves as the ledger's events have them, whoever made them
// (the daemon, a command), relays that fail or are back, and what came back. Main thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/postman.h"
#include "queue/relay.h"
#include "store/ledger.h"

namespace postrider::daemon {

class Chronicle {
 public:
  /// Begins after the newest event there is, and tells which issues go on. `reading` must outlive
  /// it.
  explicit Chronicle(store::Database& reading);

  /// Tells the events that are new; a few hundred at most, the rest next time.
  void tell_events();
  /// Tells relays whose last error is not what it was.
  void tell_relays(const std::vector<queue::RelayStatus>& relays);
  /// Tells a mailbox that was in trouble and is read again; of the trouble its thread tells.
  void tell_mailbox(const PostmanStatus& mailbox);
  /// Tells how many reports were read, however they came, and what they did; once a minute.
  void tell_reports(Instant now);

 private:
  store::Database& reading_;
  std::int64_t last_event_ = 0;
  std::int64_t last_report_ = 0;
  Instant reports_due_{};
  bool mailbox_in_trouble_ = false;
  std::map<std::string, std::string> errors_;  // of relays, by their names
};

}  // namespace postrider::daemon
