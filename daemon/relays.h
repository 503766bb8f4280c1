// The settings' relays and limits as the queue's.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "queue/dispatcher.h"
#include "queue/pacing.h"

namespace postrider::daemon {

queue::PacingPlan pacing_plan(const config::Settings& settings);

/// Each relay's connections on its sender threads: `threads` of them where there is TLS or signing
/// to be done, one where the mails go out as they are. More where one has too many connections.
std::vector<queue::Outlet> make_outlets(const config::Settings& settings,
                                        const queue::Pacing& pacing, unsigned threads,
                                        const Clock& clock);

/// The relays that may carry mail to a domain, in the order in which they stand in for each other.
/// Empty: each is for other domains only.
std::vector<const config::Relay*> way_to(const config::Settings& settings, std::string_view domain);

/// One relay by itself, with one connection.
std::unique_ptr<queue::Relay> make_relay(const config::Relay& relay, const Clock& clock);

queue::RetryPolicy retry_policy(const config::Retry& retry);

}  // namespace postrider::daemon
