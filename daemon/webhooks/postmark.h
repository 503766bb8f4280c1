// Postmark's webhooks for bounces, spam complaints and changes of subscription, by HTTP's basic
// authentication. Pure, on any thread.
#pragma once

#include <vector>

#include "daemon/webhooks/provider.h"

namespace postrider::daemon::webhooks {

/// Why a request's Authorization field (RFC 7617) does not name both, for the operator; empty: it
/// does. In constant time.
std::string_view why_not_postmark(std::string_view field, const std::string& username,
                                  const std::string& password);

/// Nothing: it is no event.
std::optional<std::vector<Event>> postmark_events(const Json& body);

std::optional<Told> read_postmark(const Json& event);

}  // namespace postrider::daemon::webhooks
