#include "queue/relay_health.h"

#include <doctest/doctest.h>
#include <vector>

using namespace postrider::queue;
using namespace std::chrono_literals;
using Steady = RelayHealth::Steady;

namespace {

const Steady::time_point start{};

}  // namespace

TEST_CASE("no more connections are opened than the relay may have, and one goes first") {
  RelayHealth health(2);
  CHECK(health.may_open(start));
  CHECK_FALSE(health.may_open(start));
  health.opened();
  CHECK(health.may_open(start));
  CHECK_FALSE(health.could_open(start));
  health.opened();
  CHECK_FALSE(health.may_open(start));
  health.closed();
  CHECK(health.may_open(start));
}

TEST_CASE(
    "a relay without a connection is down, waits longer each time, and one try brings it back") {
  RelayHealth health(8);
  int changes = 0;
  health.on_change([&] { ++changes; });
  auto now = start;
  for (const auto wait : {1s, 2s, 4s, 8s}) {
    REQUIRE(health.may_open(now));
    CHECK_FALSE(health.may_probe(now));  // one at a time, once it is down
    health.failed("refused", now);
    CHECK_FALSE(health.usable());
    CHECK(health.picture(now).next_try == wait);
    CHECK_FALSE(health.may_open(now + wait - 1ms));
    now += wait;
  }
  CHECK(changes == 1);
  CHECK(health.may_probe(now));
  CHECK_FALSE(health.may_probe(now));
  health.opened();
  CHECK(health.usable());
  CHECK(changes == 2);
  CHECK(health.picture(now).last_error == "refused");
  health.succeeded(now);
  CHECK(health.picture(now).last_error.empty());
}

TEST_CASE("tries that fail together are one failure, and five minutes the longest wait") {
  RelayHealth health(8);
  auto now = start;
  health.may_open(now);
  health.opened();
  for (int i = 0; i < 3; ++i) health.may_open(now);
  health.closed();
  for (int i = 0; i < 3; ++i) health.failed("refused", now);
  CHECK(health.picture(now).next_try == 1s);
  for (int i = 0; i < 20; ++i) {
    now += 300s;
    if (health.may_open(now)) health.failed("refused", now);
  }
  CHECK(health.picture(now).next_try == 300s);
}

TEST_CASE("a connection that fails while others work narrows the window only") {
  RelayHealth health(20);
  for (int i = 0; i < 10; ++i) {
    health.may_open(start);
    health.opened();
  }
  health.may_open(start);
  health.failed("421 too many connections", start);
  CHECK(health.usable());
  CHECK(health.picture(start).width == 9);
  CHECK_FALSE(health.may_open(start + 1h));
  for (int i = 0; i < 200; ++i) health.succeeded(start + 1h);
  CHECK(health.may_open(start + 1h));
}

TEST_CASE("a pause that is asked for is told once, and one of before holds all back") {
  RelayHealth health(4);
  std::vector<std::chrono::milliseconds> told;
  health.on_pause(
      [&](const std::string&, std::chrono::milliseconds pause) { told.push_back(pause); });
  health.pressed("421 fewer", 0s, start);
  health.pressed("421 later", 5min, start);
  health.pressed("421 later", 5min, start);
  health.pressed("421 much later", 1h, start);
  CHECK(told == std::vector<std::chrono::milliseconds>{5min, 1h});
  RelayHealth anew(4);
  anew.pause("421 much later", start + 1h);
  CHECK(anew.paused(start + 59min));
  CHECK_FALSE(anew.may_open(start + 59min));
  CHECK(anew.usable());
  CHECK(anew.picture(start).last_error == "421 much later");
  CHECK(anew.picture(start).next_try == 1h);
  CHECK(anew.picture(start).width == 4);
  CHECK(anew.may_open(start + 1h));
}

TEST_CASE("a relay that is out stays out, with its reason") {
  RelayHealth health(4);
  health.may_open(start);
  health.opened();
  health.out("refuses the log-in");
  CHECK_FALSE(health.usable());
  CHECK_FALSE(health.may_open(start + 24h));
  health.succeeded(start);
  CHECK(health.picture(start).out);
  CHECK(health.picture(start).last_error == "refuses the log-in");
}
