// The settings' relay as the queue's: one for each sender thread.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "queue/relay.h"

namespace postrider::daemon {

/// The relay's connections spread over at most `threads` sender threads.
std::vector<std::unique_ptr<queue::Relay>> make_relays(const config::Relay& relay, unsigned threads,
                                                       const Clock& clock);

queue::RetryPolicy retry_policy(const config::Retry& retry);

}  // namespace postrider::daemon
