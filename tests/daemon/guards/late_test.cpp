#include "daemon/guards/late.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace std::chrono_literals;
using daemon::guards::late;

namespace {

const Instant due = parse_rfc3339("2022-01-10T13:00:00Z").value();

config::Publication in_new_york() {
  config::Publication made;
  made.timezone = "America/New_York";
  return made;
}

}  // namespace

TEST_CASE("an issue is late from max_lateness after its time on, and the reason tells how much") {
  CHECK(late(due, due + 24h + 1s, in_new_york()).value() ==
        "its time, 2022-01-10 08:00 EST, was 1d ago (max_lateness = \"1d\")");
  CHECK(late(due, due + 24h * 400, in_new_york())->find("was 400d ago") != std::string::npos);
}

TEST_CASE("week after week, an issue that starts at its time is not late") {
  for (int week = 0; week < 8; ++week)
    for (const Duration behind : {Duration(0ms), Duration(250ms), Duration(10min), Duration(24h)})
      CHECK_FALSE(late(due + week * 168h, due + week * 168h + behind, in_new_york()));
}
