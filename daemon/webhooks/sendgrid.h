// SendGrid's Event Webhook: a list of events, signed by ECDSA (its "Event Webhook Reference" and
// "Security Features"). Pure, on any thread.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/signature.h"
#include "daemon/webhooks/provider.h"

namespace postrider::daemon::webhooks {

/// What is signed comes again unchanged for 24 hours until it is answered by 2xx.
constexpr auto sendgrid_patience = std::chrono::hours(25);

/// Why the body is not SendGrid's, signed by that key and of late, for the operator; empty: it is.
/// `signature` and `time`: as in the header.
std::string_view why_not_sendgrid(const PublicKey& key, std::string_view body,
                                  std::string_view signature, std::string_view time, Instant now);

/// Nothing: it is no list of events.
std::optional<std::vector<Event>> sendgrid_events(const Json& body);

std::optional<Told> read_sendgrid(const Json& event);

}  // namespace postrider::daemon::webhooks
