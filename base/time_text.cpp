#include "base/time_text.h"

#include <chrono>

#include "base/time_zone.h"

namespace postrider {

std::string time_text(Instant instant, std::string_view zone) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(instant);
  const bool has_seconds = instant - minute >= std::chrono::seconds(1);
  return format_in_zone(instant, zone, has_seconds ? "%Y-%m-%d %H:%M:%S %Z" : "%Y-%m-%d %H:%M %Z");
}

}  // namespace postrider
