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

/// An answer without an envelope sender, which no person's program sends (RFC 3834 §3.3): a
/// machine's, if nothing else tells what it is.
std::optional<Finding> read_nameless_answer(const Message& message);

/// Whether no answer is wanted (RFC 5321 §4.5.5): reports and machines' answers are sent so.
bool is_null_sender(const Part& root);

/// Whether more than its subject tells that a machine wrote it.
bool has_machine_sign(const Part& root);

/// Whether the message is from what reports failures: a mailer by its name; or by the subject, but
/// for one whose envelope has a sender (parcels are undeliverable, too).
bool is_from_mailer(const Part& root);

/// Whether the subject is a report's of failure.
bool is_failure_by_subject(const Part& root);

/// Whether the subject is one that people write: an answer's or a forwarded message's.
bool is_answer_by_subject(const Part& root);

}  // namespace postrider::mail
