// An hour that comes to each zone in its turn: "08:00" of a day, wherever clocks show it. Pure, but
// for the zone files.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/time_zone.h"

namespace postrider {

/// What becomes of those whose hour has passed.
enum class MissedHour : std::uint8_t { at_once, next_day };

/// An hour has not passed before this much of it has: a start takes its time.
constexpr Duration hours_grace = std::chrono::hours(1);

/// "08:00", or with seconds.
Result<std::chrono::seconds> parse_time_of_day(std::string_view text);
/// As it is written: with seconds where there are any.
std::string time_of_day_text(std::chrono::seconds time);

/// When clocks of the zone show that; of an unknown zone, UTC's.
Instant local_moment(LocalTime at, std::string_view zone);

/// When those of a zone are due, as things are at `now`: at their hour, though it may have come, or
/// where it has passed, as `missed` says.
Instant local_due(LocalTime at, std::string_view zone, MissedHour missed, Instant now);

/// The first and the last moment at which clocks of those zones show that. `zones`: not empty.
std::pair<Instant, Instant> local_span(LocalTime at, const std::vector<std::string>& zones);

/// When an issue for those zones starts: at its first moment. Where it was to start later than now
/// (`before`), a moment that has passed meanwhile makes it start no sooner than the next one: one
/// reader who turns up in the far east must not pull it from its writer's hands.
Instant local_start(LocalTime at, const std::vector<std::string>& zones,
                    std::optional<Instant> before, Instant now);

}  // namespace postrider
