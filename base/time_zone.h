// Civil time in a named zone, by Howard Hinnant's date/tz over the system's zone files.
// All functions are safe to call from any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace postrider {

/// A date and a time of day without a zone.
using LocalTime = std::chrono::local_time<std::chrono::seconds>;

/// Whether the system knows a zone of that name ("America/New_York", "UTC").
bool is_time_zone(std::string_view zone);

/// The names of all zones that the system knows, sorted; as of the program's start.
const std::vector<std::string>& zone_names();

/// The instant at which clocks in the zone show `local`. A time that does not exist (spring)
/// becomes the first that does; one that occurs twice (autumn) is taken at its first occurrence.
Result<Instant> to_instant(LocalTime local, std::string_view zone);

/// What clocks in the zone show at that instant.
Result<LocalTime> to_local(Instant instant, std::string_view zone);

/// "2022-01-10 08:00" or with seconds or a T between: no zone, no offset. Every digit is written.
Result<LocalTime> parse_local(std::string_view text);

/// The instant in the zone by strftime's format ("%Y-%m-%d %H:%M %Z"). Falls back to UTC where the
/// zone is unknown.
std::string format_in_zone(Instant instant, std::string_view zone, const std::string& format);

}  // namespace postrider
