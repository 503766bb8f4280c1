#include "daemon/guards/clock.h"

#include <doctest/doctest.h>

#include "daemon/guards/build_date.h"

using namespace postrider;
using daemon::guards::ClockGuard;
using namespace std::chrono_literals;

namespace {

Instant instant(const char* text) { return parse_rfc3339(text).value(); }

const Instant built = instant("2026-11-01T12:00:00Z");
const Instant last = instant("2026-11-30T08:00:00Z");

}  // namespace

TEST_CASE("a clock before the program's own making is wrong") {
  ClockGuard guard(built, {});
  CHECK(guard.look(instant("1970-01-01T00:01:00Z")) ==
        "the clock says 1970-01-01 00:01 UTC, but this program was made 2026-11-01 12:00 UTC; set "
        "it by `timedatectl`");
  CHECK(guard.look(built - 1ms));
  CHECK_FALSE(guard.look(built));
}

TEST_CASE("a clock more than ten minutes before the ledger's last entry is wrong") {
  ClockGuard guard(built, last);
  CHECK_FALSE(guard.look(last - 10min));
  CHECK(
      guard.look(last - 10min - 1ms) ==
      "the clock says 2026-11-30 07:49:59 UTC, but the ledger's last entry is of 2026-11-30 08:00 "
      "UTC; set it by `timedatectl`");
  CHECK_FALSE(guard.look(last + 1ms));
}

TEST_CASE("a clock that is put back while the daemon runs is noticed, until it is right again") {
  ClockGuard guard(built, {});
  CHECK_FALSE(guard.look(last));
  CHECK(guard.look(last - 11min));
  CHECK(guard.look(last - 11min));
  CHECK_FALSE(guard.look(last - 9min));
}

TEST_CASE("what an operator lets go has the clock believed") {
  ClockGuard guard(built, last);
  const auto now = instant("2020-01-01T00:00:00Z");
  REQUIRE(guard.look(now));
  guard.believe(now);
  CHECK_FALSE(guard.look(now));
  CHECK_FALSE(guard.look(now + 1h));
  CHECK(guard.look(now));
}

TEST_CASE("an ordinary week with suspends, small corrections and restarts does not set it off") {
  Instant now = last;
  std::optional<Instant> entry;
  for (int hour = 0; hour < 7 * 24; ++hour) {
    ClockGuard guard(built, entry);
    for (int minute = 0; minute < 60; ++minute) {
      CHECK_FALSE(guard.look(now));
      now += minute % 7 == 0 ? 59s : 61s;
    }
    entry = now;
    now -= 30s;                      // what NTP mends
    if (hour % 24 == 23) now += 8h;  // a night's suspend
  }
}

TEST_CASE("the build's date is that of its source, which is past") {
  CHECK(daemon::guards::build_date() > instant("2022-01-01T00:00:00Z"));
  CHECK(daemon::guards::build_date() <= SystemClock().now());
}
