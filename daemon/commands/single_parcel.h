// One message through a relay, outside the queue: `postrider test`.
#pragma once

#include <functional>
#include <string_view>

#include "queue/relay.h"

namespace postrider::daemon::commands {

/// What the server said to a command.
using Heard = std::function<void(std::string_view command, const mail::Reply& reply)>;

/// Runs the relay on this thread until it has judged the one parcel; a session's failure is an
/// outcome too. `heard` is called with every answer as it comes. Nothing is recorded.
queue::Outcome send_single(queue::Relay& relay, queue::Parcel parcel, Heard heard);

}  // namespace postrider::daemon::commands
