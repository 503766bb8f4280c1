// What machines answer besides reports of failure: vacation notes, acknowledgements, challenges
// (RFC 3834 and the habits of before it) and disposition notifications (RFC 8098). They say nothing
// against an address.
#pragma once

#include <optional>

#include "mail/report.h"

namespace postrider::mail {

/// A disposition notification: displayed, deleted, dispatched, …
std::optional<Finding> read_receipt(const Message& message);

/// A machine's answer, by its fields or its subject. Reports of failure carry such fields, too.
std::optional<Finding> read_auto_reply(const Message& message);

/// Whether the message is from what reports failures: a mailer, or by its subject.
bool is_from_mailer(const Part& root);

/// Whether the subject is one that people write: an answer's or a forwarded message's.
bool is_answer_by_subject(const Part& root);

}  // namespace postrider::mail
