// Sending a message on as it came, with a trace field in front (RFC 5321 §4.4), and what tells that
// it must not be.
//
// The field is Received and not one of Resent-… (RFC 5322 §3.6.6), which are for people who send
// something on by hand: every server counts Received to find loops (RFC 5321 §6.3), and no DKIM
// signature covers it (RFC 6376 §5.4.1), while some cover fields of Resent-… by their absence. The
// writer's signature so holds, and with it their DMARC.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/address.h"
#include "mail/message.h"

namespace postrider::mail {

/// The message with CRLF line ends, all else as it is, behind its trace. `by`: the domain that
/// sends it on.
std::string forwarded(std::string_view message, std::string_view by, const Address& to,
                      Instant now);

/// Whether it was sent on so before, by whomever.
bool was_forwarded(const Part& root);

/// Why a person's message is neither to be sent on nor to be answered by a machine: it was before,
/// it goes to many, or goes round. Empty: nothing is in the way.
std::string loop_sign(const Part& root);

}  // namespace postrider::mail
