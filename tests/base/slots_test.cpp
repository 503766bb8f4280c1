#include "base/slots.h"

#include <doctest/doctest.h>
#include <fstream>
#include <map>
#include <set>

#include "support/fake_clock.h"
#include "support/source.h"

using namespace postrider;
using namespace std::chrono_literals;

namespace {

Schedule schedule_of(const std::vector<std::string>& slots, const std::string& zone = "UTC") {
  Schedule schedule;
  for (const auto& slot : slots) schedule.slots.push_back(parse_slot(slot).value());
  std::sort(schedule.slots.begin(), schedule.slots.end());
  schedule.zone = zone;
  return schedule;
}

/// The next moments after that one, as the clocks of the zone show them.
std::string next(const Schedule& schedule, const char* after, int count) {
  std::string text;
  auto at = parse_rfc3339(after).value();
  for (int i = 0; i < count; ++i) {
    const auto occurrence = next_occurrence(schedule, at);
    REQUIRE(occurrence);
    at = occurrence->at;
    text += (i > 0 ? ", " : "") + format_in_zone(at, schedule.zone, "%F %R") +
            (occurrence->skipped ? " skipped" : "");
  }
  return text;
}

std::string why_not(std::string_view text) {
  const auto slot = parse_slot(text);
  return slot ? "it is " + to_string(*slot) : slot.error().message;
}

bool ends(const std::string& text, const std::string& end) { return text.ends_with(end); }

/// Of tests/data/slots: by zone and time of day, from which day on how many minutes UTC is later.
using Offsets = std::map<std::string, std::map<std::chrono::local_days, std::chrono::minutes>>;

Offsets read_offsets() {
  std::ifstream file(test::source_folder() / "tests/data/slots/expected.txt");
  Offsets offsets;
  std::string first, second, name;
  while (file >> first >> second) {
    if (const auto day = parse_day(first))
      offsets[name][*day] = std::chrono::minutes(std::stoi(second));
    else
      name = first + " " + second;
  }
  return offsets;
}

/// When clocks showed these times of day on each day of the table.
std::map<std::string, std::set<Instant>> expected_moments() {
  const auto end = parse_day("2026-01-01").value();
  std::map<std::string, std::set<Instant>> moments;
  for (const auto& [name, runs] : read_offsets()) {
    const auto time = parse_local("2000-01-01 " + name.substr(name.find(' ') + 1)).value() -
                      parse_day("2000-01-01").value();
    for (auto run = runs.begin(); run != runs.end(); ++run)
      for (auto day = run->first;
           day < (std::next(run) == runs.end() ? end : std::next(run)->first);
           day += std::chrono::days(1))
        moments[name.substr(0, name.find(' '))].insert(
            Instant((day + time).time_since_epoch() + run->second));
  }
  return moments;
}

}  // namespace

TEST_CASE("slots are of a week or of a month, and are written as they are read") {
  for (const char* text : {"Mon 08:00", "Sun 00:00", "1st Mon 09:00", "4th Sat 23:59",
                           "last Fri 17:00", "day 1 09:00", "day 31 09:30"})
    CHECK(to_string(parse_slot(text).value()) == text);
  CHECK(to_string(parse_slot("  LAST  fri 17:00 ").value()) == "last Fri 17:00");
}

TEST_CASE("what is no slot is told what it seems to mean, or how slots are written") {
  CHECK(why_not("Monday 08:00") == "\"Monday 08:00\" is no slot; did you mean \"Mon 08:00\"?");
  CHECK(ends(why_not("Mo 08:00"), "did you mean \"Mon 08:00\"?"));
  CHECK(ends(why_not("Mon 8:00"), "did you mean \"Mon 08:00\"?"));
  CHECK(ends(why_not("every Tuesday 9:15"), "did you mean \"Tue 09:15\"?"));
  CHECK(ends(why_not("first Mon 08:00"), "did you mean \"1st Mon 08:00\"?"));
  CHECK(ends(why_not("5th Mon 08:00"), "did you mean \"last Mon 08:00\"?"));
  CHECK(ends(why_not("last day 08:00"), "did you mean \"day 31 08:00\"?"));
  CHECK(ends(why_not("Mon 08:00 America/New_York"),
             "did you mean \"Mon 08:00\" with timezone = \"America/New_York\"?"));
  for (const auto* several : {"daily 08:00", "Mon-Fri 08:00", "Mon, Tue 08:00"})
    CHECK(ends(why_not(several), "several are a list: [\"Mon 08:00\", \"Tue 08:00\"]"));
  for (const char* text :
       {"", "Mon", "08:00", "Mon 24:00", "Mon 08:60", "Mon 08:00 UTC", "day 0 09:00",
        "day 32 09:00", "day 1", "0th Mon 08:00", "0 8 * * 1", "Mon 08:00:00"})
    CHECK_MESSAGE(ends(why_not(text), "or \"day 1 09:00\""), text);
}

TEST_CASE("days are written in figures, and are of the calendar") {
  CHECK(parse_day("2024-02-29"));
  for (const char* text : {"", "2022-02-29", "2022-1-5", "26.12.2022", "2022-12-26 08:00"})
    CHECK_FALSE(parse_day(text));
}

TEST_CASE("each kind of slot comes on its days") {
  const auto from = "2022-01-01T00:00:00Z";  // a Saturday
  CHECK(next(schedule_of({"Mon 08:00"}), from, 2) == "2022-01-03 08:00, 2022-01-10 08:00");
  CHECK(next(schedule_of({"1st Mon 08:00"}), from, 2) == "2022-01-03 08:00, 2022-02-07 08:00");
  CHECK(next(schedule_of({"1st Sat 08:00"}), from, 2) == "2022-01-01 08:00, 2022-02-05 08:00");
  CHECK(next(schedule_of({"4th Sat 08:00"}), from, 2) == "2022-01-22 08:00, 2022-02-26 08:00");
  CHECK(next(schedule_of({"last Mon 08:00"}), from, 2) == "2022-01-31 08:00, 2022-02-28 08:00");
  CHECK(next(schedule_of({"day 1 09:00"}), from, 2) == "2022-01-01 09:00, 2022-02-01 09:00");
}

TEST_CASE("a day that a month lacks is its last one") {
  CHECK(next(schedule_of({"day 31 09:00"}), "2023-12-31T12:00:00Z", 4) ==
        "2024-01-31 09:00, 2024-02-29 09:00, 2024-03-31 09:00, 2024-04-30 09:00");
}

TEST_CASE("an instant's own slot is not after it") {
  const auto schedule = schedule_of({"Mon 08:00"});
  CHECK(next(schedule, "2022-01-10T07:59:59Z", 1) == "2022-01-10 08:00");
  CHECK(next(schedule, "2022-01-10T08:00:00Z", 1) == "2022-01-17 08:00");
}

TEST_CASE("several slots come in the order of time, and two at one moment are one") {
  const auto schedule = schedule_of({"Mon 08:00", "1st Mon 08:00", "1st Mon 09:00", "day 4 07:00"});
  CHECK(next(schedule, "2022-01-01T00:00:00Z", 4) ==
        "2022-01-03 08:00, 2022-01-03 09:00, 2022-01-04 07:00, 2022-01-10 08:00");
  CHECK(next_occurrence(schedule, parse_rfc3339("2022-01-01T00:00:00Z").value())->slots ==
        "Mon 08:00, 1st Mon 08:00");
}

TEST_CASE("the slots of a day that is skipped are told as that") {
  auto schedule = schedule_of({"Mon 08:00"});
  schedule.skip = {parse_day("2022-12-26").value()};
  CHECK(next(schedule, "2022-12-19T12:00:00Z", 2) == "2022-12-26 08:00 skipped, 2023-01-02 08:00");
  CHECK(has_slot_on(schedule, parse_day("2022-12-26").value()));
  CHECK_FALSE(has_slot_on(schedule, parse_day("2022-12-27").value()));
}

TEST_CASE("without slots none comes") {
  CHECK_FALSE(next_occurrence(schedule_of({}), parse_rfc3339("2022-01-01T00:00:00Z").value()));
}

TEST_CASE(
    "a time that a zone leaves out is the first one after it, and shares that with its slot") {
  const auto schedule = schedule_of({"Sun 02:30", "Sun 03:00"}, "America/New_York");
  CHECK(next(schedule, "2022-03-12T12:00:00Z", 3) ==
        "2022-03-13 03:00, 2022-03-20 02:30, 2022-03-20 03:00");
}

TEST_CASE("a time that a zone has twice comes once, at the first") {
  const auto schedule = schedule_of({"Sun 01:30"}, "America/New_York");
  const auto first = parse_rfc3339("2022-11-06T05:30:00Z").value();
  CHECK(next_occurrence(schedule, first - 1s)->at == first);
  CHECK(next_occurrence(schedule, first)->at == parse_rfc3339("2022-11-13T06:30:00Z").value());
}

TEST_CASE("a day that a zone left out altogether moves to the next one's begin") {
  CHECK(next(schedule_of({"Fri 08:00", "Sat 00:00", "Sat 08:00"}, "Pacific/Apia"),
             "2011-12-29T00:00:00Z", 3) == "2011-12-31 00:00, 2011-12-31 08:00, 2012-01-06 08:00");
}

TEST_CASE(
    "eighteen years of slots come as the clocks of ten zones showed them, whatever they changed") {
  const auto moments = expected_moments();
  REQUIRE(moments.size() == 10);
  std::vector<std::string> slots;
  for (const char* day : {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"})
    for (const char* time : {"00:00", "01:30", "02:15", "03:00", "08:00", "23:30"})
      slots.push_back(std::string(day) + " " + time);
  for (const auto& [zone, expected] : moments) {
    CAPTURE(zone);
    REQUIRE(expected.size() > 39'000);
    const auto schedule = schedule_of(slots, zone);
    test::FakeClock clock(*expected.begin() - 1ms);
    std::size_t wrong = 0;
    for (const auto at : expected) {
      const auto occurrence = next_occurrence(schedule, clock.now());
      REQUIRE(occurrence);
      if (occurrence->at != at && ++wrong < 5) {
        CAPTURE(rfc3339(occurrence->at));
        CHECK(rfc3339(at) == "");
      }
      clock.set(at);
    }
    CHECK(wrong == 0);
  }
}
