#include "daemon/speed.h"

#include <doctest/doctest.h>

using postrider::daemon::Speed;
using namespace std::chrono_literals;

TEST_CASE("the speed of an issue is that of the last seconds") {
  Speed speed;
  Speed::Steady::time_point now{};
  std::int64_t settled = 0;
  CHECK(speed.of("weekly") == 0);
  for (int second = 0; second < 30; ++second) {
    speed.observe("weekly", settled, now);
    settled += second < 15 ? 100 : 20;
    now += 1s;
  }
  CHECK(speed.of("weekly") == doctest::Approx(20));
  speed.observe("weekly", 0, now);  // all is to be tried again
  CHECK(speed.of("weekly") == 0);
  speed.tidy(now + 1min);
  CHECK(speed.all().empty());
}
