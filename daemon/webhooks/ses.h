// What Amazon SES tells of mails, as a notification of feedback ("notificationType") or a published
// event ("eventType"); SNS brings it. Pure, on any thread.
#pragma once

#include "daemon/webhooks/provider.h"

namespace postrider::daemon::webhooks {

/// Unique among bounces and complaints, however they are brought; empty: it has none.
std::string ses_id(const Json& event);

std::optional<Told> read_ses(const Json& event);

}  // namespace postrider::daemon::webhooks
