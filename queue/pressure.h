// What a reply says of our pace: "too fast" and "come back in an hour" concern more than one
// reader.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "mail/reply.h"

namespace postrider::queue {

constexpr Duration longest_pause = std::chrono::hours(24);

/// How long a reply asks to wait ("try again in 300 seconds"), at most `longest_pause`; nothing: it
/// names no time.
std::optional<Duration> asked_pause(const mail::Reply& reply);

/// The server finds us too fast or too many. The pause is zero where fewer at a time will do.
struct Pressure {
  Duration pause{};
};
/// Whether a reply speaks of mail to the recipient's domain, by its name or as "to this domain",
/// rather than of us or the connection. Addresses and host names below the domain name other
/// things.
bool speaks_of_domain(const mail::Reply& reply, std::string_view recipient);

/// Nothing: the reply is temporary for another reason, such as greylisting, or not temporary.
std::optional<Pressure> pressure_of(const mail::Reply& reply);

}  // namespace postrider::queue
