// Mailgun's webhooks: one event, with a time and a token that are signed by HMAC. Pure, on any
// thread.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/hmac.h"
#include "daemon/webhooks/provider.h"

namespace postrider::daemon::webhooks {

/// An event comes again for eight hours (10, 10, 15, 30 minutes, 1, 2 and 4 hours) until it is
/// answered by 200.
constexpr auto mailgun_patience = std::chrono::hours(9);

/// Why its token was not signed by that key and of late, for the operator; empty: it was. The event
/// is not signed: whoever has a token may tell anything by it, so that each counts once.
std::string_view why_not_mailgun(const HmacSha256& key, const Json& body, Instant now);

/// Nothing: it is no event.
std::optional<std::vector<Event>> mailgun_events(const Json& body);

std::optional<Told> read_mailgun(const Json& event);

}  // namespace postrider::daemon::webhooks
