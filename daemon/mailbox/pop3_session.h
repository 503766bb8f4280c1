// A POP3 mailbox (RFC 1939) between log-in and log-out. A message's id is its UIDL.
#pragma once

#include <memory>

#include "daemon/mailbox/connection.h"
#include "daemon/mailbox/session.h"

namespace postrider::daemon::mailbox {

std::unique_ptr<Session> make_pop3_session(std::unique_ptr<Connection> connection);

}  // namespace postrider::daemon::mailbox
