// A Maildir (https://cr.yp.to/proto/maildir.html) as a mailbox: what is in new/ and cur/. A message
// is known by its unique name, the file's name without the flags behind the colon. Only plain files
// of the two folders are read or removed: no link is followed, no other file opened.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "daemon/mailbox/mailbox.h"

namespace postrider::daemon::mailbox {

std::unique_ptr<Mailbox> make_maildir(std::filesystem::path directory, std::stop_token stop);

}  // namespace postrider::daemon::mailbox
