#include "subscribers/formats/date.h"

#include <algorithm>
#include <array>

#include "base/civil_time.h"
#include "base/text.h"
#include "base/time_zone.h"

namespace postrider::subscribers {

namespace {

using std::chrono::local_seconds;
using std::chrono::minutes;

constexpr std::array<std::string_view, 12> months{"january",   "february", "march",    "april",
                                                  "may",       "june",     "july",     "august",
                                                  "september", "october",  "november", "december"};

struct Zone {
  std::string_view name;
  int hours;
};
// RFC 5322 §4.3 without CST and CDT, which are China's and Cuba's as well; and Central Europe's.
constexpr std::array<Zone, 11> zones{{{"z", 0},
                                      {"utc", 0},
                                      {"gmt", 0},
                                      {"est", -5},
                                      {"edt", -4},
                                      {"mst", -7},
                                      {"mdt", -6},
                                      {"pst", -8},
                                      {"pdt", -7},
                                      {"cet", 1},
                                      {"cest", 2}}};

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view take_word(std::string_view& text) {
  const auto word = text.substr(0, text.find_first_not_of(letters));
  text.remove_prefix(word.size());
  return word;
}

/// "Jan", "Sept", "January".
std::optional<unsigned> month_of(std::string_view word) {
  if (word.size() < 3) return {};
  const auto lower = to_lower(word);
  for (unsigned i = 0; i < months.size(); ++i)
    if (months[i].starts_with(lower)) return i + 1;
  return {};
}

std::optional<unsigned> take_day(std::string_view& text) {
  const bool two = text.size() > 1 && text[1] >= '0' && text[1] <= '9';
  const auto day = take_digits(text, two ? 2 : 1);
  return day ? std::optional(static_cast<unsigned>(*day)) : std::nullopt;
}

/// "Jan 8, 2022" or "8 January 2022".
std::optional<local_seconds> take_worded_date(std::string_view& text) {
  const bool day_first = !text.empty() && text.front() >= '0' && text.front() <= '9';
  auto day = day_first ? take_day(text) : std::nullopt;
  if (day_first && !take(text, " -")) return {};
  const auto month = month_of(take_word(text));
  if (!month) return {};
  take(text, ".");
  if (!take(text, " -")) return {};
  if (!day_first) {
    day = take_day(text);
    take(text, ",");
    if (!take(text, " ")) return {};
  }
  const auto year = take_digits(text, 4);
  if (!day || !year) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return {};
  return std::chrono::local_days(date);
}

/// ".345", down to milliseconds.
std::optional<Duration> take_fraction(std::string_view& text) {
  if (!take(text, ".,")) return Duration(0);
  int value = 0, digits = 0;
  while (const auto digit = take_digits(text, 1)) {
    if (digits < 3) value = value * 10 + *digit;
    ++digits;
  }
  if (digits == 0) return {};
  for (; digits < 3; ++digits) value *= 10;
  return Duration(value);
}

/// "+01:00", "-0500", "+01".
std::optional<minutes> parse_offset(std::string_view text) {
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 14) return {};
  int more = 0;
  if (!text.empty()) {
    take(text, ":");
    const auto given = take_digits(text, 2);
    if (!given || *given > 59 || !text.empty()) return {};
    more = *given;
  }
  return minutes(sign * (*hours * 60 + more));
}

std::optional<Instant> in_zone(local_seconds local, std::string_view zone) {
  const auto as_utc = Instant(local.time_since_epoch());
  if (zone.empty()) return as_utc;
  if (zone.front() == '+' || zone.front() == '-') {
    const auto offset = parse_offset(zone);
    return offset ? std::optional(as_utc - *offset) : std::nullopt;
  }
  for (const auto& known : zones)
    if (iequals(known.name, zone)) return as_utc - std::chrono::hours(known.hours);
  if (zone.find('/') == std::string_view::npos || !is_time_zone(zone)) return {};
  const auto instant = to_instant(local, zone);
  return instant ? std::optional(*instant) : std::nullopt;
}

/// A date in words, with or without a time of day behind it.
std::optional<local_seconds> take_worded(std::string_view& text) {
  const auto day = take_worded_date(text);
  if (!day) return {};
  take(text, ",");
  text = trim(text);
  if (text.empty()) return day;
  // The time is read as if its day were the first of all.
  const auto dated = "1970-01-01 " + std::string(text);
  std::string_view rest = dated;
  const auto time = take_civil_time(rest);
  if (!time) return {};
  text.remove_prefix(text.size() - rest.size());
  return *day + time->time_since_epoch();
}

constexpr std::size_t date_alone = std::string_view("2022-01-08").size();

}  // namespace

std::optional<Instant> parse_date(std::string_view text) {
  text = trim(text);
  if (text.size() == date_alone && text[4] == '-') {
    const auto dated = std::string(text) + " 00:00";
    std::string_view rest = dated;
    const auto day = take_civil_time(rest);
    return day && rest.empty() ? in_zone(*day, {}) : std::nullopt;
  }
  auto rest = text;
  auto local = take_civil_time(rest);
  if (!local) {
    rest = text;
    local = take_worded(rest);
  }
  if (!local) return {};
  const auto fraction = take_fraction(rest);
  if (!fraction) return {};
  const auto instant = in_zone(*local, trim(rest));
  return instant ? std::optional(*instant + *fraction) : std::nullopt;
}

}  // namespace postrider::subscribers
