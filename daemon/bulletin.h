// What the daemon writes on its board for `status`: relays, limits that hold mail back, the speed
// of issues, what servers refuse. One JSON object.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/lmtp/server.h"
#include "daemon/postman.h"
#include "daemon/webhooks/webhooks.h"
#include "queue/dispatcher.h"

namespace postrider::daemon {

/// A relay may run on several threads: what they do together, for people.
std::vector<queue::RelayStatus> by_name(const std::vector<queue::RelayStatus>& threads);

struct Bulletin {
  Instant started_at;
  std::string trouble;                        // why nothing can be written; empty: all is well
  const queue::Dispatcher* dispatcher;        // null: not started yet, or ended
  std::map<std::string, double> speeds;       // slug → mails a second
  std::optional<PostmanStatus> mailbox = {};  // nothing: none is read
  std::optional<lmtp::Status> lmtp = {};      // nothing: nobody delivers
  std::vector<webhooks::Status> webhooks = {};
};

/// At most `Board::size` octets.
std::string to_json(const Bulletin& bulletin);

}  // namespace postrider::daemon
