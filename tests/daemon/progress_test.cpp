#include "daemon/commands/progress.h"

#include <doctest/doctest.h>

#include "support/fake_clock.h"

using namespace postrider;
using namespace postrider::daemon::commands;
using namespace std::chrono_literals;

namespace {

queue::Issue issue(queue::IssueSums sums) {
  queue::Issue made;
  made.slug = "weekly";
  made.state = queue::IssueState::sending;
  made.sums = sums;
  return made;
}

Json board(const std::string& text) { return Json::parse(text); }

const test::FakeClock the_clock;

std::string reason(const std::string& text, queue::IssueSums sums = {.pending = 100},
                   std::optional<Instant> due = {}) {
  const Waiting waiting{due, {{"gmail.com", 5}, {"b", 1}, {"empty.example", 0}}};
  return progress_of(issue(sums), board(text), waiting, the_clock.now()).reason;
}

}  // namespace

TEST_CASE("what is left divided by the speed is how long it takes") {
  const auto progress = progress_of(issue({.accepted = 900, .deferred = 20, .pending = 80}),
                                    board(R"({"speeds": {"weekly": 20.0}})"), {}, the_clock.now());
  CHECK(progress.speed == 20);
  CHECK(progress.left == 5s);
  CHECK(progress.reason.empty());
}

TEST_CASE("what limits an issue, or lets it stand still, is told in plain words") {
  CHECK(progress_of(issue({.pending = 1}), nullptr, {}, the_clock.now()).reason ==
        "the daemon is not running");
  CHECK(reason(R"({"trouble": "the disk is full"})") == "the disk is full");
  CHECK(reason(R"({"relays": [{"name": "a", "state": "waiting", "last_error": "refused"}]})") ==
        "relay a waits: refused");
  CHECK(reason(R"({"relays": [{"name": "a", "state": "out", "last_error": "535"},
                              {"name": "b", "state": "sending"}]})")
            .empty());
  CHECK(reason(R"({"relays": [{"name": "a", "state": "sending", "limited": true,
                               "rate": "100/s"}]})") == "limited by relay a 100/s");
  CHECK(reason(R"({"domains": [{"name": "gmail.com", "rate": "20/s"}, {"name": "b"}]})") ==
        "limited by gmail.com 20/s and 1 other domain");
  CHECK(reason(R"({"domains": [{"name": "gmail.com", "connections": 2, "reason": "421 busy"}]})") ==
        "limited by gmail.com (2 connections): 421 busy");
  CHECK(reason(R"({"domains": [{"name": "empty.example", "rate": "20/s"}]})").empty());
  CHECK(reason(R"({"domains": [{"name": "gmail.com", "paused_until": ")" +
               rfc3339(the_clock.now() + 5min) + R"("}]})") ==
        "limited by gmail.com, which waits another 5 min");
  CHECK(reason("{}", {.deferred = 3}, the_clock.now() + 60s) ==
        "3 readers to be tried again, the next in 60 s");
}

TEST_CASE("an issue takes as long as the slowest of its domains") {
  const auto progress = progress_of(
      issue({.pending = 100}),
      board(
          R"({"speeds": {"weekly": 20.0}, "domains": [{"name": "slow.example", "rate": "1/s"}]})"),
      {{}, {{"slow.example", 60}}}, the_clock.now());
  CHECK(progress.left == 60s);
}

TEST_CASE("what is held back is told with its domains") {
  const auto held = held_back(
      board(R"({"domains": [{"name": "google", "domains": ["gmail.com", "googlemail.com"]}]})"));
  CHECK(held.at("google") == std::vector<std::string>{"gmail.com", "googlemail.com"});
}

TEST_CASE("a rough span of time is told in the unit that fits") {
  CHECK(rough(1ms) == "1 s");
  CHECK(rough(89s) == "89 s");
  CHECK(rough(10min) == "10 min");
  CHECK(rough(3h + 5min) == "3 h 5 min");
  CHECK(rough(100h) == "4 days");
}

TEST_CASE("an issue by local time tells who waits for their hour, and takes as long as the last") {
  auto local = issue({.accepted = 50, .deferred = 2, .pending = 1'000});
  local.local_time = 8h;
  local.local_day = std::chrono::local_days(std::chrono::year(2022) / 1 / 10);
  const auto now = the_clock.now();
  const Waiting waiting{now + 2h, {}, now + 9h};
  const auto progress = progress_of(local, board(R"({"speeds": {"weekly": 5.0}})"), waiting, now);
  CHECK(
      progress.reason ==
      "1,000 readers to be served at 08:00 of their clocks, 2 to be tried again, the next in 2 h 0 "
      "min");
  CHECK(progress.left == 9h);
  CHECK(progress.next == now + 2h);
}
