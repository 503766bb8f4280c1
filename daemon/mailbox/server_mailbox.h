// A mailbox on a server: each fetch and each removal is a session of its own.
#pragma once

#include <functional>
#include <memory>

#include "daemon/mailbox/session.h"

namespace postrider::daemon::mailbox {

/// `log_in` opens a session or throws Broken.
std::unique_ptr<Mailbox> make_server_mailbox(std::function<std::unique_ptr<Session>()> log_in);

}  // namespace postrider::daemon::mailbox
