#include "base/clock.h"

#include <array>
#include <charconv>
#include <date/date.h>
#include <sstream>

namespace postrider {

Instant SystemClock::now() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

std::string rfc3339(Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  if (seconds == instant) return date::format("%FT%TZ", seconds);
  return date::format("%FT%TZ", instant);
}

Result<Instant> parse_rfc3339(std::string_view text) {
  for (const char* format : {"%FT%H:%M:%SZ", "%FT%H:%M:%S%Ez", "%FT%H:%MZ", "%FT%H:%M%Ez",
                             "%F %H:%M:%SZ", "%F %H:%M:%S%Ez", "%F %H:%MZ", "%F %H:%M%Ez"}) {
    std::istringstream in{std::string(text)};
    Instant instant;
    in >> date::parse(format, instant);
    if (!in.fail() && in.peek() == std::istringstream::traits_type::eof()) return instant;
  }
  return fail("'" + std::string(text) + "' is no RFC 3339 time; write 2022-01-10T08:00:00Z");
}

namespace {

struct Unit {
  std::string_view name;
  Duration length;
};

using namespace std::chrono_literals;

// Longest first, so that the first that divides a duration gives the shortest text.
constexpr std::array<Unit, 6> units{
    {{"w", 168h}, {"d", 24h}, {"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}}};

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit_name = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc{} && count >= 0) {
    for (const auto& unit : units) {
      constexpr std::int64_t longest = std::chrono::milliseconds(100 * 365 * 24h).count();
      if (unit_name == unit.name && count <= longest / unit.length.count())
        return count * unit.length;
    }
  }
  return fail("'" + std::string(text) +
              "' is no duration; write a whole number and a unit: 90s, 20m, 24h, 2d");
}

std::string to_string(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  for (const auto& unit : units) {
    if (unit.name != "w" && duration % unit.length == Duration::zero())
      return std::to_string(duration / unit.length) + std::string(unit.name);
  }
  return std::to_string(duration.count()) + "ms";
}

}  // namespace postrider
