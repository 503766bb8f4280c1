// Times as people are told them.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace postrider {

/// "2022-01-10 08:00 EST", with seconds where they are not zero. Falls back to UTC where the zone
/// is unknown.
std::string time_text(Instant instant, std::string_view zone);

}  // namespace postrider
