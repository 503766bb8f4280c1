#include "queue/pacing.h"

#include <doctest/doctest.h>

#include "support/fake_clock.h"

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;

namespace {

constexpr GroupId rest{0};
constexpr GroupId gmail{1};
constexpr GroupId slow{2};
const Outcome well_delivered{OutcomeKind::delivered, Scope::recipient, {250, "", ""}};

RelayPlan relay(const char* name, int priority = 0) {
  return {.name = name, .route = {priority, {}}, .connections = 8, .rate = std::nullopt};
}

struct Bench {
  explicit Bench(PacingPlan plan, const std::vector<Allowance>& left = {},
                 const std::vector<Pause>& kept = {})
      : pacing(std::move(plan), left, kept, clock) {
    pacing.on_change([this] { ++changes; });
    pacing.on_pause([this](const Pause& pause) { pauses.push_back(pause); });
    for (std::size_t i = 0; i < pacing.relays(); ++i) {
      pacing.room(i, rest, "");
      pacing.room(i, gmail, "gmail.com");
      pacing.room(i, slow, "slow.example");
    }
  }

  /// Sends while it may; how many went.
  int send(GroupId group, int most = 1000) {
    int sent = 0;
    for (; sent < most; ++sent) {
      pacing.hold(0, group, 1);
      if (pacing.hold_up(0, group)) {
        pacing.hold(0, group, -1);
        break;
      }
    }
    return sent;
  }

  test::FakeClock clock;
  int changes = 0;
  std::vector<Pause> pauses;
  Pacing pacing;
};

}  // namespace

TEST_CASE("a domain's limit of connections holds back its own mail and nobody else's") {
  Bench bench({{relay("a")}, {{"gmail.com", {"gmail.com"}, 3, {}}}});
  CHECK(bench.send(gmail) == 3);
  CHECK(bench.send(slow, 50) == 50);
  CHECK(bench.send(rest, 50) == 50);
  CHECK(bench.pacing.hold_up(0, gmail) == Instant::max());
  bench.pacing.settled(0, gmail, &well_delivered);
  CHECK(bench.changes == 1);
  CHECK(bench.send(gmail) == 1);
}

TEST_CASE("few are claimed ahead for a lane, so that its mail does not pile up in memory") {
  Bench bench({{relay("a")}, {{"gmail.com", {"gmail.com"}, 3, {}}}});
  const auto room = bench.pacing.room(0, gmail, "gmail.com");
  CHECK(room.most == 10);
  bench.pacing.hold(0, gmail, 10);
  CHECK(bench.pacing.room(0, gmail, "gmail.com").most == 0);
  CHECK(bench.pacing.room(0, rest, "").most > 1'000'000);
}

TEST_CASE("domains of one provider share its limits") {
  Bench bench({{relay("a")}, {{"both", {"gmail.com", "slow.example"}, 4, {}}}});
  CHECK(bench.send(gmail, 3) == 3);
  CHECK(bench.send(slow) == 1);
}

TEST_CASE("rates of a domain and of a relay are both kept, and what is left is told") {
  auto plan = relay("a");
  plan.rate = Rate{20, 1s};
  Bench bench({{plan}, {{"gmail.com", {"gmail.com"}, 0, Rate{2, 1s}}}});
  CHECK(bench.send(gmail) == 1);
  const auto again = bench.pacing.hold_up(0, gmail);
  REQUIRE(again);
  bench.clock.advance(50ms);  // a token of the relay, none of the domain
  CHECK(bench.pacing.hold_up(0, gmail) == bench.clock.now() + 450ms);
  CHECK(bench.send(rest) == 1);
  const auto left = bench.pacing.left(0, gmail);
  REQUIRE(left.size() == 2);
  CHECK(left[0].name == "relay a");
  CHECK(left[1].name == "domain gmail.com");
  CHECK(bench.pacing.at_its_rate(0) == false);
  bench.pacing.hold(0, rest, 1);
  CHECK(bench.pacing.at_its_rate(0));
}

TEST_CASE("a restart gives no part of a rate away") {
  auto plan = relay("a");
  plan.rate = Rate{100, 1h};
  std::vector<Allowance> left;
  {
    Bench bench({{plan}, {}});
    CHECK(bench.send(rest) == 50);
    left = bench.pacing.left(0, rest);
  }
  Bench bench({{plan}, {}}, left);
  CHECK(bench.send(rest) == 0);
}

TEST_CASE("what was given back unsent costs no token") {
  auto plan = relay("a");
  plan.rate = Rate{100, 1h};
  Bench bench({{plan}, {}});
  CHECK(bench.send(rest) == 50);
  bench.pacing.settled(0, rest, nullptr);
  CHECK(bench.send(rest) == 1);
}

TEST_CASE("a server that asks a domain's mail to wait has its wish, and the others go on") {
  Bench bench({{relay("a")}, {}});
  CHECK(bench.send(gmail, 5) == 5);
  const Outcome too_fast{
      OutcomeKind::deferred, Scope::recipient, {450, "4.7.1", "an unusual rate of mail"}};
  bench.pacing.settled(0, gmail, &too_fast);
  CHECK(bench.pacing.hold_up(0, gmail) == bench.clock.now() + 10min);
  CHECK(bench.pacing.room(0, gmail, "gmail.com").again == bench.clock.now() + 10min);
  CHECK(bench.send(slow, 20) == 20);
  REQUIRE(bench.pacing.lanes().size() == 1);
  CHECK(bench.pacing.lanes()[0].name == "gmail.com");
  CHECK(bench.pacing.lanes()[0].reason.find("unusual rate") != std::string::npos);
  bench.clock.advance(10min);
  bench.pacing.settled(0, gmail, &well_delivered);  // it is narrower now: a place has to be free
  CHECK(bench.send(gmail, 1) == 1);
}

TEST_CASE("a restart forgets no pause that was asked of a domain's mail, settings or none") {
  const PacingPlan plan{{relay("a")}, {{"big", {"gmail.com"}, 3, {}}}};
  const Outcome too_fast{
      OutcomeKind::deferred, Scope::recipient, {450, "4.7.1", "rate limit: try again in 1 hour"}};
  std::vector<Pause> pauses;
  {
    Bench bench(plan);
    for (const auto group : {gmail, slow}) {
      CHECK(bench.send(group, 2) == 2);
      bench.pacing.settled(0, group, &too_fast);
      bench.pacing.settled(0, group, &too_fast);  // no longer one than before
    }
    pauses = bench.pauses;
    REQUIRE(pauses.size() == 2);
    CHECK(pauses[0].name == "domain big");
    CHECK(pauses[0].until == bench.clock.now() + 1h);
    CHECK(pauses[0].reason.find("rate limit") != std::string::npos);
    CHECK(pauses[1].name == "domain slow.example");
  }
  Bench bench(plan, {}, pauses);
  CHECK(bench.pacing.hold_up(0, gmail) == bench.clock.now() + 1h);
  CHECK(bench.pacing.hold_up(0, slow) == bench.clock.now() + 1h);
  CHECK(bench.send(rest, 5) == 5);
  CHECK(bench.pacing.lanes().at(0).reason == pauses[0].reason);
  bench.clock.advance(1h);
  CHECK(bench.send(gmail, 1) == 1);
}

TEST_CASE("a restart forgets no pause that a relay asked for; another server or log-in has none") {
  auto plan = relay("a");
  plan.account = "joe@smtp.example:465";
  std::vector<Pause> pauses;
  {
    Bench bench({{plan}, {}});
    bench.pacing.health(0)->pressed("450 try again in 1 hour", 1h, {});
    pauses = bench.pauses;
    REQUIRE(pauses.size() == 1);
    CHECK(pauses[0].until == bench.clock.now() + 1h);
  }
  const auto paused = [&](std::chrono::seconds after) {
    Bench bench({{plan}, {}}, {}, pauses);
    return bench.pacing.health(0)->paused(RelayHealth::Steady::now() + after);
  };
  CHECK(paused(59min));
  CHECK_FALSE(paused(61min));
  pauses[0].until += 365 * 24h;  // or the clock was set back
  CHECK(paused(23h));
  CHECK_FALSE(paused(25h));
  plan.account = "joe@other.example:465";
  CHECK_FALSE(paused(0s));
}

TEST_CASE("the next relay carries while the first is down, and the first when it is back") {
  Bench bench({{relay("first"), relay("second", 1)}, {}});
  const auto carried_by = [&](std::size_t number) {
    return bench.pacing.room(number, rest, "").most > 0;
  };
  CHECK(carried_by(0));
  CHECK_FALSE(carried_by(1));
  CHECK(bench.pacing.room(1, rest, "").elsewhere);
  auto& health = *bench.pacing.health(0);
  health.may_open({});
  health.failed("refused", {});
  CHECK_FALSE(carried_by(0));
  CHECK(carried_by(1));
  health.may_probe(RelayHealth::Steady::time_point{} + 1s);
  health.opened();
  CHECK(carried_by(0));
  CHECK_FALSE(carried_by(1));
  CHECK(bench.changes == 2);
}

TEST_CASE("a relay that refuses our sender is out after three times where another is there") {
  const mail::Reply refusal{550, "5.7.1", "sender not allowed"};
  SUBCASE("another carries") {
    Bench bench({{relay("first"), relay("second", 1)}, {}});
    for (int i = 0; i < Pacing::most_refusals; ++i) {
      CHECK(bench.pacing.health(0)->usable());
      CHECK(bench.pacing.sender_refused(0, rest, refusal));
    }
    CHECK_FALSE(bench.pacing.health(0)->usable());
    CHECK(bench.pacing.room(1, rest, "").most > 0);
    // The last one there is not put out: what it says is judged.
    CHECK_FALSE(bench.pacing.sender_refused(1, rest, refusal));
  }
  SUBCASE("it is the only one") {
    Bench bench({{relay("only")}, {}});
    for (int i = 0; i < 10; ++i) CHECK_FALSE(bench.pacing.sender_refused(0, rest, refusal));
    CHECK(bench.pacing.health(0)->usable());
  }
}
