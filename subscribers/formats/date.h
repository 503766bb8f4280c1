// Dates as platforms write them into their lists. Pure but for the system's time zones; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace postrider::subscribers {

/// "2022-01-08", "2022-01-08 10:11", "2022-01-08T10:11:12.345Z", with an offset ("+01:00", "+0100",
/// "+01"), UTC, GMT, a zone's name ("Europe/Berlin") or an abbreviation that means one thing (EST,
/// EDT, MST, MDT, PST, PDT, CET, CEST) behind it; "Jan 8, 2022", "8 January 2022 10:11". Without a
/// zone: UTC, as the platforms write. Nothing where it is none of these: 08/01/2022 may be August.
std::optional<Instant> parse_date(std::string_view text);

}  // namespace postrider::subscribers
