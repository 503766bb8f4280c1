// An IMAP mailbox (RFC 3501) between log-in and log-out. A message's id is UIDVALIDITY/UID: after a
// change of UIDVALIDITY all are new. Fetching opens the folder read-only and peeks, so no message
// counts as read by us.
#pragma once

#include <memory>
#include <string>

#include "daemon/mailbox/connection.h"
#include "daemon/mailbox/session.h"

namespace postrider::daemon::mailbox {

std::unique_ptr<Session> make_imap_session(std::unique_ptr<Connection> connection,
                                           std::string folder);

}  // namespace postrider::daemon::mailbox
