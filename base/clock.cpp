#include "base/clock.h"

#include <array>
#include <charconv>
#include <date/date.h>
#include <optional>

#include "base/civil_time.h"

namespace postrider {

Instant SystemClock::now() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

std::string rfc3339(Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  if (seconds == instant) return date::format("%FT%TZ", seconds);
  return date::format("%FT%TZ", instant);
}

namespace {

using namespace std::chrono_literals;

/// ".250": parts of a second, as many digits as are written; what is below a millisecond goes.
std::optional<Duration> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return Duration::zero();
  text.remove_prefix(1);
  auto unit = Duration(1000);
  auto fraction = Duration::zero();
  if (text.empty() || text.front() < '0' || text.front() > '9') return {};
  while (const auto digit = take_digits(text, 1)) {
    unit /= 10;
    fraction += *digit * unit;
  }
  return fraction;
}

/// "Z" or "+01:00": what the clocks there are ahead of UTC.
std::optional<Duration> take_offset(std::string_view& text) {
  if (text.empty()) return {};
  const char sign = text.front();
  text.remove_prefix(1);
  if (sign == 'Z' || sign == 'z') return Duration::zero();
  if (sign != '+' && sign != '-') return {};
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !text.starts_with(':')) return {};
  text.remove_prefix(1);
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return {};
  const auto ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return sign == '-' ? -ahead : ahead;
}

}  // namespace

Result<Instant> parse_rfc3339(std::string_view text) {
  auto rest = text;
  if (const auto civil = take_civil_time(rest)) {
    constexpr std::size_t with_seconds = std::string_view("2022-01-10T08:00:00").size();
    const bool has_seconds = text.size() - rest.size() == with_seconds;
    const auto fraction = has_seconds ? take_fraction(rest) : Duration::zero();
    const auto offset = take_offset(rest);
    if (fraction && offset && rest.empty())
      return Instant(civil->time_since_epoch()) + *fraction - *offset;
  }
  return fail("'" + std::string(text) + "' is no RFC 3339 time; write 2022-01-10T08:00:00Z");
}

namespace {

struct Unit {
  std::string_view name;
  Duration length;
};

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
