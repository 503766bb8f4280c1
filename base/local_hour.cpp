#include "base/local_hour.h"

#include <algorithm>

#include "base/civil_time.h"

namespace postrider {

Result<std::chrono::seconds> parse_time_of_day(std::string_view text) {
  auto rest = text;
  const auto time = take_time_of_day(rest);
  if (time && rest.empty()) return *time;
  return fail("'" + std::string(text) + "' is no time of day; write \"08:00\"");
}

std::string time_of_day_text(std::chrono::seconds time) {
  const auto two = [](auto count) {
    const auto text = std::to_string(count);
    return text.size() < 2 ? "0" + text : text;
  };
  const std::chrono::hh_mm_ss parts(time);
  auto text = two(parts.hours().count()) + ":" + two(parts.minutes().count());
  if (parts.seconds().count() != 0) text += ":" + two(parts.seconds().count());
  return text;
}

Instant local_moment(LocalTime at, std::string_view zone) {
  if (const auto moment = to_instant(at, zone)) return *moment;
  return Instant(at.time_since_epoch());
}

Instant local_due(LocalTime at, std::string_view zone, MissedHour missed, Instant now) {
  auto due = local_moment(at, zone);
  if (missed == MissedHour::at_once || due + hours_grace > now) return due;
  // To about now, but not beyond it; then by the calendar, since not all days have 24 hours.
  at += std::max(std::chrono::floor<std::chrono::days>(now - due) - std::chrono::days(1),
                 std::chrono::days(0));
  do {
    at += std::chrono::days(1);
    due = local_moment(at, zone);
  } while (due + hours_grace <= now);
  return due;
}

std::pair<Instant, Instant> local_span(LocalTime at, const std::vector<std::string>& zones) {
  std::pair span{Instant::max(), Instant::min()};
  for (const auto& zone : zones) {
    const auto moment = local_moment(at, zone);
    span = {std::min(span.first, moment), std::max(span.second, moment)};
  }
  return span;
}

Instant local_start(LocalTime at, const std::vector<std::string>& zones,
                    std::optional<Instant> before, Instant now) {
  const auto first = local_span(at, zones).first;
  if (first > now || !before || *before <= now) return first;
  auto next = Instant::max();
  for (const auto& zone : zones)
    if (const auto moment = local_moment(at, zone); moment > now) next = std::min(next, moment);
  return next == Instant::max() ? first : next;
}

}  // namespace postrider
