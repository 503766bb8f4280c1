// What the kinds of mailboxes have in common.
#pragma once

#include "config/settings.h"

namespace postrider::config {

constexpr bool is_imap(MailboxKind kind) {
  return kind == MailboxKind::imaps || kind == MailboxKind::imap;
}

}  // namespace postrider::config
