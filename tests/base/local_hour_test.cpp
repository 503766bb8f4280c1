#include "base/local_hour.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "base/time_zone.h"

using namespace postrider;
using namespace std::chrono_literals;

namespace {

Instant instant(const char* text) { return parse_rfc3339(text).value(); }

LocalTime local(const char* text) { return parse_local(text).value(); }

const std::vector<std::string> ten_zones{
    "America/New_York", "America/Sao_Paulo", "Europe/Berlin",       "Africa/Casablanca",
    "Asia/Kathmandu",   "Asia/Tokyo",        "Australia/Lord_Howe", "Pacific/Apia",
    "America/St_Johns", "Pacific/Kiritimati"};

}  // namespace

TEST_CASE("a time of day is two figures each, with seconds where one wants them") {
  CHECK(parse_time_of_day("08:00").value() == 8h);
  CHECK(parse_time_of_day("23:59:58").value() == 23h + 59min + 58s);
  for (const char* wrong :
       {"", "8:00", "24:00", "08:60", "08:00:60", "08:00 ", "08", "8am", "-1:00"})
    CHECK_MESSAGE(!parse_time_of_day(wrong), wrong);
  CHECK(time_of_day_text(8h) == "08:00");
  CHECK(time_of_day_text(23h + 5min + 7s) == "23:05:07");
}

TEST_CASE("through two years of ten zones each morning comes once, when clocks there show it") {
  for (const auto& zone : ten_zones) {
    auto before = Instant::min();
    for (auto at = local("2021-01-01 08:00"); at < local("2023-01-01 08:00");
         at += std::chrono::days(1)) {
      const auto moment = local_moment(at, zone);
      CHECK(to_local(moment, zone).value() == at);
      CHECK(moment > before);
      before = moment;
    }
  }
}

TEST_CASE(
    "an hour that is jumped over comes when clocks go on, one that is shown twice at the first") {
  CHECK(local_moment(local("2022-03-13 02:30"), "America/New_York") ==
        instant("2022-03-13T07:00:00Z"));
  CHECK(local_moment(local("2022-11-06 01:30"), "America/New_York") ==
        instant("2022-11-06T05:30:00Z"));
  // Half an hour, on Lord Howe.
  CHECK(local_moment(local("2022-10-02 02:15"), "Australia/Lord_Howe") ==
        instant("2022-10-01T15:30:00Z"));
  // Samoa went over the date line, and had no such Friday.
  CHECK(local_moment(local("2011-12-30 08:00"), "Pacific/Apia") == instant("2011-12-30T10:00:00Z"));
}

TEST_CASE("a zone that changes its rules has its mornings by those of their day") {
  // Brazil gave up its summer time in 2019.
  CHECK(local_moment(local("2018-12-03 08:00"), "America/Sao_Paulo") ==
        instant("2018-12-03T10:00:00Z"));
  CHECK(local_moment(local("2019-12-02 08:00"), "America/Sao_Paulo") ==
        instant("2019-12-02T11:00:00Z"));
  // Turkey stayed in summer in 2016.
  CHECK(local_moment(local("2015-12-07 08:00"), "Europe/Istanbul") ==
        instant("2015-12-07T06:00:00Z"));
  CHECK(local_moment(local("2016-12-05 08:00"), "Europe/Istanbul") ==
        instant("2016-12-05T05:00:00Z"));
}

TEST_CASE("whose hour has passed is due at it all the same, or at that of the next day") {
  const auto at = local("2022-01-10 08:00");
  const auto tokyo = instant("2022-01-09T23:00:00Z");
  for (const auto missed : {MissedHour::at_once, MissedHour::next_day}) {
    CHECK(local_due(at, "Asia/Tokyo", missed, tokyo - 5h) == tokyo);
    CHECK(local_due(at, "Asia/Tokyo", missed, tokyo) == tokyo);
    CHECK(local_due(at, "Asia/Tokyo", missed, tokyo + 1h - 1ms) == tokyo);
  }
  CHECK(local_due(at, "Asia/Tokyo", MissedHour::at_once, tokyo + 90h) == tokyo);
  CHECK(local_due(at, "Asia/Tokyo", MissedHour::next_day, tokyo + 1h) == tokyo + 24h);
  CHECK(local_due(at, "Asia/Tokyo", MissedHour::next_day, tokyo + 24h) == tokyo + 24h);
  CHECK(local_due(at, "Asia/Tokyo", MissedHour::next_day, tokyo + 25h) == tokyo + 48h);
  CHECK(local_due(at, "Asia/Tokyo", MissedHour::next_day, tokyo + 240h) == tokyo + 240h);
}

TEST_CASE("the next day keeps the hour though it is shorter or longer") {
  const auto saturday = local("2022-03-12 08:00");
  const auto due = instant("2022-03-12T13:00:00Z");
  CHECK(local_due(saturday, "America/New_York", MissedHour::next_day, due + 2h) == due + 23h);
  const auto autumn = local("2022-11-05 08:00");
  CHECK(local_due(autumn, "America/New_York", MissedHour::next_day,
                  instant("2022-11-05T20:00:00Z")) == instant("2022-11-06T13:00:00Z"));
}

TEST_CASE("an issue spans from its first zone's hour to its last one's") {
  const auto [first, last] = local_span(local("2022-01-10 08:00"), ten_zones);
  CHECK(first == instant("2022-01-09T18:00:00Z"));
  CHECK(last == instant("2022-01-10T13:00:00Z"));
}

TEST_CASE(
    "an issue starts at its first zone's hour, and no zone that turns up late makes it start now") {
  const auto at = local("2022-01-10 08:00");
  const std::vector<std::string> zones{"Asia/Tokyo", "Europe/Berlin"};
  const auto tokyo = instant("2022-01-09T23:00:00Z");
  const auto berlin = instant("2022-01-10T07:00:00Z");
  CHECK(local_start(at, zones, {}, tokyo - 10h) == tokyo);
  CHECK(local_start(at, zones, {}, tokyo + 1h) == tokyo);  // and is late
  CHECK(local_start(at, zones, berlin, tokyo + 1h) == berlin);
  CHECK(local_start(at, zones, berlin, tokyo - 1h) == tokyo);
  CHECK(local_start(at, zones, tokyo, tokyo + 1h) == tokyo);
  CHECK(local_start(at, zones, berlin + 10h, berlin + 1h) == tokyo);
}

TEST_CASE("what is no zone goes by UTC's clocks, and each that the system names is one") {
  CHECK(local_moment(local("2022-01-10 08:00"), "Mars/Phobos") == instant("2022-01-10T08:00:00Z"));
  const auto& names = zone_names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const auto& zone : ten_zones) CHECK(std::binary_search(names.begin(), names.end(), zone));
  for (const auto& name : names) CHECK_MESSAGE(is_time_zone(name), name);
}
