#include "base/clock.h"

#include <doctest/doctest.h>

#include "base/time_zone.h"

using namespace postrider;
using namespace std::chrono_literals;

TEST_CASE("RFC 3339 times are read with Z or an offset, and written in UTC") {
  CHECK(rfc3339(parse_rfc3339("2022-01-10T08:00:00-05:00").value()) == "2022-01-10T13:00:00Z");
  CHECK(rfc3339(parse_rfc3339("2022-01-10T13:00Z").value()) == "2022-01-10T13:00:00Z");
  CHECK(rfc3339(parse_rfc3339("2022-01-10T13:00:00.250Z").value()) == "2022-01-10T13:00:00.250Z");
  for (const char* wrong : {"", "2022-01-10", "2022-13-10T00:00:00Z", "2022-01-10T08:00:00", "now"})
    CHECK_FALSE(parse_rfc3339(wrong));
}

TEST_CASE(
    "RFC 3339 times may be written in lower case, with a blank and with any offset there is") {
  CHECK(rfc3339(parse_rfc3339("2022-01-10t13:00:00z").value()) == "2022-01-10T13:00:00Z");
  CHECK(rfc3339(parse_rfc3339("2022-01-10 13:00:00+23:59").value()) == "2022-01-09T13:01:00Z");
  CHECK(rfc3339(parse_rfc3339("2022-01-10T13:00-00:00").value()) == "2022-01-10T13:00:00Z");
  CHECK(rfc3339(parse_rfc3339("2024-02-29T00:00:00.1239999+05:45").value()) ==
        "2024-02-28T18:15:00.123Z");
}

TEST_CASE("what is no RFC 3339 time is refused, however near it is") {
  for (const char* wrong :
       {"2022-01-10T08:00:00+99:99", "2022-01-10T08:00:00+24:00", "2022-01-10T08:00:00+01:60",
        "2022-01-10T08:00:00+0100",  "2022-01-10T08:00:00+1:00",  "2022-1-5T08:00:00Z",
        "2022-01-10T8:00Z",          "2022-01-10T08:0Z",          "2022-01-10T08:00:1Z",
        "-2022-01-10T08:00:00Z",     "+2022-01-10T08:00:00Z",     "22-01-10T08:00:00Z",
        "12022-01-10T08:00:00Z",     "2022-02-29T08:00:00Z",      "2022-01-10T24:00:00Z",
        "2022-01-10T08:60:00Z",      "2022-01-10T08:00:60Z",      "2022-01-10T08:00:00.Z",
        "2022-01-10T08:00:00ZZ",     " 2022-01-10T08:00:00Z",     "2022-01-10T08:00:00Z ",
        "2022-01-10  08:00:00Z",     "2022-01-10T08:00.5Z",       "2022-01-10T08:00:00",
        "2022-01-10T08:00:00+",      "2022-00-10T08:00Z"})
    CHECK_MESSAGE(!parse_rfc3339(wrong), wrong);
}

TEST_CASE("times without a zone have all their digits and nothing else") {
  const auto shown = [](const char* text) {
    return rfc3339(to_instant(parse_local(text).value(), "UTC").value());
  };
  CHECK(shown("2022-01-10 08:00") == "2022-01-10T08:00:00Z");
  CHECK(shown("2022-01-10T08:00:30") == "2022-01-10T08:00:30Z");
  CHECK(shown("2022-01-10t08:00") == "2022-01-10T08:00:00Z");
  for (const char* wrong :
       {"", "2022-1-5 8:0", "2022-01-5 08:00", "2022-01-10 8:00", "2022-01-10 08:0",
        "-2022-01-10 08:00", "2022-01-10", "2022-02-30 08:00", "2022-01-10 24:00",
        "2022-01-10 08:00Z", "2022-01-10 08:00:00.5", " 2022-01-10 08:00", "2022-01-10 08:00 ",
        "22-01-10 08:00"})
    CHECK_MESSAGE(!parse_local(wrong), wrong);
}

TEST_CASE("durations are a whole number and a unit") {
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("2d") == 48h);
  CHECK(parse_duration("0s") == 0s);
  for (const char* wrong :
       {"", "s", "1.5h", "-1h", "1 h", "10", "99999999999999999999s", "9999999w"})
    CHECK_FALSE(parse_duration(wrong));
  CHECK(to_string(Duration(90min)) == "90m");
  CHECK(to_string(Duration(48h)) == "2d");
  CHECK(to_string(Duration(0)) == "0s");
}

TEST_CASE("a wall-clock time that does not exist moves to the first that does") {
  const auto local = parse_local("2022-03-13 02:30").value();
  CHECK(rfc3339(to_instant(local, "America/New_York").value()) == "2022-03-13T07:00:00Z");
}

TEST_CASE("a wall-clock time that occurs twice is taken at its first occurrence") {
  const auto local = parse_local("2022-11-06 01:30").value();
  CHECK(rfc3339(to_instant(local, "America/New_York").value()) == "2022-11-06T05:30:00Z");
}

TEST_CASE("zones are known by name") {
  CHECK(is_time_zone("Asia/Almaty"));
  CHECK_FALSE(is_time_zone("Mars/Olympus"));
  CHECK_FALSE(is_time_zone("../../etc/passwd"));
  CHECK_FALSE(to_instant(LocalTime{}, "Nowhere"));
}

TEST_CASE("an instant is shown as the zone's clocks show it") {
  const auto instant = parse_rfc3339("2022-07-10T12:00:00Z").value();
  CHECK(format_in_zone(instant, "America/New_York", "%Y-%m-%d %H:%M %Z") == "2022-07-10 08:00 EDT");
}
