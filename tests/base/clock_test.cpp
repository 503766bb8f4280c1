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
