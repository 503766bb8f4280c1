// POST /webhooks/PROVIDER: what a provider tells of mails that came back. For machines: no page,
// and not a word of why something is refused.
#pragma once

#include <memory>

#include "daemon/http/door.h"
#include "daemon/http/webhooks.h"

namespace postrider::daemon::http {

/// `webhooks` may be nothing: then there are none.
std::unique_ptr<const Door> make_webhooks_door(std::shared_ptr<const Premises> premises,
                                               std::shared_ptr<Webhooks> webhooks);

}  // namespace postrider::daemon::http
