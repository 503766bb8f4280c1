// Whose fault is a reply? One place for the outcome and scope of a server's refusal.
#pragma once

#include "mail/reply.h"
#include "queue/delivery.h"

namespace postrider::queue {

/// What the server replied to; `dot`: the end of the message.
enum class Stage : std::uint8_t { mail, rcpt, data, dot };

/// The outcome of a reply at that stage. Where code and enhanced code disagree, the code wins.
Outcome judge(Stage stage, const mail::Reply& reply);

}  // namespace postrider::queue
