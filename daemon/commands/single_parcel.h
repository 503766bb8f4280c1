// One message through a relay, outside the queue: `postrider test`.
#pragma once

#include "queue/relay.h"

namespace postrider::daemon::commands {

/// Runs the relay on this thread until it has judged the one parcel; a session's failure is an
/// outcome too. Nothing is recorded.
queue::Outcome send_single(queue::Relay& relay, queue::Parcel parcel);

}  // namespace postrider::daemon::commands
