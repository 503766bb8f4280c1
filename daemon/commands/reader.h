// One reader, as `subscriber` and `why` tell it.
#pragma once

#include <string>
#include <vector>

#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "mail/address.h"
#include "subscribers/subscriber.h"

namespace postrider::daemon::commands {

/// Known by a hash alone. Without the token keys nobody knows: false.
bool is_erased(Newsletter& newsletter, const mail::Address& address);

/// The reader of that address, or a Refusal, which tells of a suppressed or erased address that it
/// is.
subscribers::Subscriber find_reader(Newsletter& newsletter, const std::string& email);

/// The reason, or null.
Json json_suppressed(const subscribers::Subscriber& subscriber);
/// All of one subscriber but the events.
Json json_reader(const subscribers::Subscriber& subscriber);
Json json_subscriptions(const subscribers::Subscriber& subscriber);
/// "signed up 2022-01-10 08:00 EST from 192.0.2.1, confirmed …": a subscription's consent; empty
/// where nothing is known of it.
std::string told_consent(const Newsletter& newsletter, const std::string& consent);

}  // namespace postrider::daemon::commands
