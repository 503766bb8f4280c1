#include "base/slots.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/civil_time.h"
#include "base/text.h"

namespace postrider {

namespace chrono = std::chrono;

namespace {

constexpr std::string_view weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view whole_weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};
constexpr std::string_view ordinals[] = {"1st", "2nd", "3rd", "4th", "last"};
constexpr std::string_view ordinal_words[] = {"first", "second", "third", "fourth", "fifth"};

using Names = std::span<const std::string_view>;
using Words = std::vector<std::string>;

/// Which of them it is, in whatever case.
std::optional<unsigned> place_of(std::string_view word, Names names) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [word](std::string_view each) { return iequals(each, word); });
  if (found == names.end()) return {};
  return static_cast<unsigned>(found - names.begin());
}

/// Which of them it may be.
std::optional<unsigned> place_near(std::string_view word, Names names) {
  return place_of(nearest(word, Words(names.begin(), names.end())), names);
}

std::optional<unsigned> parse_number(std::string_view text, unsigned least, unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number < least || number > most ? std::nullopt : std::optional(number);
}

std::optional<chrono::minutes> parse_time_of_day(std::string_view text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !text.starts_with(':')) return {};
  text.remove_prefix(1);
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !text.empty()) return {};
  return chrono::hours(*hour) + chrono::minutes(*minute);
}

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

Words words_of(std::string_view text) {
  Words words;
  for (const auto word : split(text, ' '))
    if (!word.empty()) words.emplace_back(word);
  return words;
}

std::optional<Slot> read_slot(const Words& words) {
  if (words.size() < 2 || words.size() > 3) return {};
  const auto time = parse_time_of_day(words.back());
  if (!time) return {};
  const auto weekday = place_of(words[words.size() - 2], weekdays);
  if (words.size() == 2)
    return weekday ? std::optional(Slot{*time, Slot::Days::weekly, 0, *weekday}) : std::nullopt;
  if (iequals(words[0], "day")) {
    const auto day = parse_number(words[1], 1, 31);
    return day ? std::optional(Slot{*time, Slot::Days::of_month, *day, 0}) : std::nullopt;
  }
  const auto ordinal = place_of(words[0], ordinals);
  if (!ordinal || !weekday) return {};
  if (*ordinal == 4) return Slot{*time, Slot::Days::last, 0, *weekday};
  return Slot{*time, Slot::Days::nth, *ordinal + 1, *weekday};
}

/// What a word of a misspelt slot seems to mean.
std::string meant(const std::string& word) {
  for (const Names names : {Names(whole_weekdays), Names(weekdays)})
    if (const auto place = place_near(word, names)) return std::string(weekdays[*place]);
  if (iequals(word, "5th")) return "last";
  if (const auto place = place_of(word, ordinal_words)) return std::string(ordinals[*place]);
  if (const auto colon = word.find(':'); colon == 1) return "0" + word;
  return word;
}

/// "daily 08:00", "Mon-Fri 08:00", "Mon, Tue 08:00".
bool are_several(const Words& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return iequals(word, "daily") || word.find_first_of(",-+&") != std::string::npos;
  });
}

std::string hint(const Words& words) {
  auto better = words;
  for (auto& word : better) word = meant(word);
  if (better.size() == 3 && iequals(better[0], "every")) better.erase(better.begin());
  if (better.size() == 3 && iequals(better[0], "last") && iequals(better[1], "day"))
    better = {"day", "31", better[2]};
  std::string zone;
  if (!better.empty() && better.back().find('/') != std::string::npos) {
    zone = " with timezone = \"" + printable(better.back()) + "\"";
    better.pop_back();
  }
  if (const auto slot = read_slot(better))
    return "did you mean \"" + to_string(*slot) + "\"" + zone + "?";
  if (are_several(words)) return "several are a list: [\"Mon 08:00\", \"Tue 08:00\"]";
  return "write one such as \"Mon 08:00\", \"1st Mon 08:00\", \"last Fri 17:00\" or \"day 1 "
         "09:00\"";
}

bool falls_on(const Slot& slot, chrono::local_days day) {
  const chrono::year_month_day date(day);
  const auto last = unsigned{(date.year() / date.month() / chrono::last).day()};
  const auto number = unsigned{date.day()};
  if (slot.days == Slot::Days::of_month) return number == std::min(slot.number, last);
  if (chrono::weekday(day).c_encoding() != slot.weekday) return false;
  switch (slot.days) {
    case Slot::Days::nth:
      return (number - 1) / 7 + 1 == slot.number;
    case Slot::Days::last:
      return number + 7 > last;
    default:
      return true;
  }
}

bool is_skipped(const Schedule& schedule, chrono::local_days day) {
  return std::binary_search(schedule.skip.begin(), schedule.skip.end(), day);
}

}  // namespace

Result<Slot> parse_slot(std::string_view text) {
  const auto words = words_of(text);
  if (const auto slot = read_slot(words)) return *slot;
  return fail("\"" + printable(cut_utf8(text, 80)) + "\" is no slot; " + hint(words));
}

std::string to_string(const Slot& slot) {
  const auto minutes = slot.time.count();
  const auto time = " " + two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
  if (slot.days == Slot::Days::of_month) return "day " + std::to_string(slot.number) + time;
  const auto day = std::string(weekdays[slot.weekday]) + time;
  if (slot.days == Slot::Days::nth) return std::string(ordinals[slot.number - 1]) + " " + day;
  return slot.days == Slot::Days::last ? "last " + day : day;
}

Result<chrono::local_days> parse_day(std::string_view text) {
  if (text.size() == 10)
    if (const auto day = parse_local(std::string(text) + " 00:00"))
      return chrono::floor<chrono::days>(*day);
  return fail("\"" + printable(cut_utf8(text, 80)) +
              "\" is no day of the calendar; write \"2022-12-26\"");
}

std::string day_text(chrono::local_days day) {
  const chrono::year_month_day date(day);
  return std::to_string(int{date.year()}) + "-" + two_digits(unsigned{date.month()}) + "-" +
         two_digits(unsigned{date.day()}) + ", a " +
         std::string(weekdays[chrono::weekday(day).c_encoding()]);
}

std::string slots_text(const Schedule& schedule) {
  std::vector<std::string> texts;
  for (const auto& slot : schedule.slots) texts.push_back(to_string(slot));
  return join(texts, ", ");
}

bool has_slot_on(const Schedule& schedule, chrono::local_days day) {
  return std::any_of(schedule.slots.begin(), schedule.slots.end(),
                     [day](const Slot& slot) { return falls_on(slot, day); });
}

std::optional<Occurrence> next_occurrence(const Schedule& schedule, Instant after) {
  const auto from = to_local(after, schedule.zone);
  if (!from) return {};
  // Later times of the wall clock never come sooner: the first that come later than `after`, which
  // may be several where a gap moves them to its end.
  std::optional<Occurrence> found;
  auto day = chrono::floor<chrono::days>(*from);
  // No slot stays away for longer than two months, and no gap is longer than a day.
  auto end = day + chrono::days(63);
  for (; day < end; day += chrono::days(1))
    for (const auto& slot : schedule.slots) {
      const LocalTime local = day + slot.time;
      if (local < *from || !falls_on(slot, day)) continue;
      const auto at = to_instant(local, schedule.zone);
      if (!at || *at <= after) continue;
      const bool skipped = is_skipped(schedule, day);
      if (!found) {
        found = {*at, to_string(slot), skipped};
        end = day + chrono::days(2);
      } else if (found->at == *at) {
        found->slots += ", " + to_string(slot);
        found->skipped = found->skipped && skipped;
      }
    }
  return found;
}

}  // namespace postrider
