// The times that signatures are good for. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace postrider::daemon::webhooks {

constexpr auto clocks_differ_by = std::chrono::minutes(5);

/// Of a request, for the operator.
constexpr std::string_view not_of_late =
    "was signed too long ago, or in the future; compare this machine's clock";

/// Of digits alone, at most twelve of them; nothing: it is something else.
inline std::optional<Instant> seconds_since_1970(std::string_view text) {
  if (text.empty() || text.size() > 12) return {};
  std::int64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    seconds = seconds * 10 + (c - '0');
  }
  return Instant(std::chrono::seconds(seconds));
}

/// Not longer ago than `patience`, nor to come.
inline bool is_of_late(Instant at, Instant now, Duration patience) {
  return at >= now - patience && at <= now + clocks_differ_by;
}

}  // namespace postrider::daemon::webhooks
