// Whose mail an event is about: by a proof of ours in what the provider tells of the mail, else by
// the provider's own name for it, which stands in the relay's reply when it took the mail.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/returns.h"
#include "daemon/webhooks/provider.h"
#include "store/reports.h"

namespace postrider::daemon::webhooks {

/// `event` has to outlive the result. Nothing: it says nothing of failures or complaints.
std::optional<store::Arrival> read_arrival(Provider provider, const Event& event,
                                           const Returns& returns, store::Database& database);

/// The same of one that is kept. Nothing, too: it is no event any more.
std::optional<store::Arrival> read_kept(Provider provider, std::string_view json,
                                        const Returns& returns, store::Database& database);

}  // namespace postrider::daemon::webhooks
