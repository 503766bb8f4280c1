// An audience that is gathered in steps, and what happens to it between them.
#include <algorithm>
#include <doctest/doctest.h>
#include <functional>
#include <future>
#include <random>

#include "house.h"
#include "store/gatherer.h"
#include "store/gathering.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::IssueState;
using store::Freeze;
using test::House;

namespace {

using Excluded = std::map<std::string, std::int64_t>;

std::int64_t count(House& house, const std::string& what) {
  auto query = house.database->prepare("SELECT count(*) FROM " + what);
  query.step();
  return query.integer(0);
}

/// Readers by SQL, all of one domain and confirmed: numbers from 1.
void add_many(House& house, std::int64_t readers) {
  house.database->transact([&] {
    house.database->execute("INSERT INTO domains VALUES (1, 'many.example')");
    house.database
        ->prepare(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO subscribers (id, uid, email, canonical, domain_id, created_at) "
            "SELECT i, randomblob(16), 'r' || i || '@many.example', 'many.example r' || i, "
            "1, 0 FROM n")
        .bind(readers)
        .run();
    house.database->execute(
        "INSERT INTO subscriptions (list_id, subscriber_id, state, since, joined_at) "
        "SELECT 1, id, 1, 0, 0 FROM subscribers");
  });
}

SubscriberId reader(std::int64_t number) { return {number}; }

std::string address(std::int64_t number) { return "r" + std::to_string(number) + "@many.example"; }

std::string canonical(std::int64_t number) {
  return mail::parse_address(address(number))->canonical();
}

constexpr std::int64_t two_steps = 2'500;  // gathered_at_once and some
static_assert(two_steps > store::gathered_at_once && two_steps < 2 * store::gathered_at_once);

/// More readers than one step takes, an issue, and one step of its freeze that placed some.
struct HalfFrozen : House {
  IssueId id;
  HalfFrozen() {
    add_many(*this, two_steps);
    id = scheduled();
    step_until_placed();
  }

  void step_until_placed() {
    while (count(*this, "deliveries") == 0) REQUIRE(step() == Freeze::gathering);
  }
  Freeze step() { return ledger.freeze(id, content(), {}, "daemon", clock.now()); }
  void leave(std::int64_t number) {
    ledger.unsubscribe(reader(number), {}, "reader", "link", clock.now());
  }
  Excluded excluded() { return ledger.find_issue(id)->excluded; }
  /// Of the deliveries.
  bool has(std::int64_t number) {
    return count(*this, "deliveries WHERE subscriber_id = " + std::to_string(number)) == 1;
  }
};

}  // namespace

TEST_CASE("until its last step an issue that is being frozen is scheduled and shows nothing") {
  HalfFrozen house;
  CHECK(count(house, "deliveries") == store::gathered_at_once);
  CHECK(house.state(house.id) == IssueState::scheduled);
  CHECK(house.sums(house.id) == queue::IssueSums{});
  CHECK(house.excluded().empty());
  CHECK_FALSE(house.ledger.frozen(house.id));
  CHECK(house.ledger.stories(reader(1)).empty());
  store::SqliteQueue queue(*house.database, test::policy(), house.clock.now());
  queue.transact([&] { CHECK(test::claim(queue, house.clock.now(), 100).empty()); });
  CHECK(house.freeze(house.id) == Freeze::done);
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = two_steps});
  queue.transact([&] { CHECK(test::claim(queue, house.clock.now(), 100).size() == 100); });
}

TEST_CASE("whatever readers do between the steps, the audience is who is confirmed at the last") {
  HalfFrozen house;
  house.leave(1);          // placed already
  house.leave(two_steps);  // not placed yet
  house.leave(2);          // and comes back
  house.database->execute("UPDATE subscriptions SET state = 1 WHERE subscriber_id = 2");
  house.ledger.suppress(*mail::parse_address(address(3)), subscribers::SuppressionReason::bounced,
                        "daemon", house.clock.now());
  house.ledger.suppress(*mail::parse_address(address(4)), subscribers::SuppressionReason::bounced,
                        "daemon", house.clock.now());
  house.database->execute("DELETE FROM suppressions WHERE canonical = '" + canonical(4) + "'");
  house.database->execute("UPDATE subscriptions SET state = 0 WHERE subscriber_id = 5");
  house.database->execute("DELETE FROM subscriptions WHERE subscriber_id = 6");
  house.add("new@many.example");
  CHECK(house.freeze(house.id) == Freeze::done);
  for (const auto number : {1, 3, 5, 6, static_cast<int>(two_steps)})
    CHECK_FALSE(house.has(number));
  for (const auto number : {2, 4, 7}) CHECK(house.has(number));
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = two_steps - 4});
  CHECK(house.sums(house.id) == house.counted(house.id));
  CHECK(house.excluded() == Excluded{{"suppressed", 1}, {"unsubscribed", 2}, {"unconfirmed", 1}});
}

TEST_CASE("leaving one of an issue's lists between the steps names the mail by the other") {
  House house;
  const auto both = house.add("both@a.example");
  house.add("both@a.example", "digest");
  const auto id = house.scheduled("weekly", {"report", "digest"});
  while (!house.ledger.gather(id, {}, house.clock.now())) continue;
  const auto lists = house.ledger.lists();
  house.ledger.unsubscribe(both, lists[0].id, "reader", "link", house.clock.now());
  CHECK(house.freeze(id) == Freeze::done);
  CHECK(house.sums(id).pending == 1);
  CHECK(count(house, "deliveries WHERE list_id = " + std::to_string(lists[1].id.value)) == 1);
  CHECK(house.ledger.find_issue(id)->excluded.empty());
}

TEST_CASE("a reader who pauses or ends a pause between the steps counts as at the last") {
  HalfFrozen house;
  const auto pause = [&](std::int64_t number, std::optional<Instant> until) {
    house.database->prepare("UPDATE subscribers SET paused_until = ? WHERE id = ?")
        .bind(until)
        .bind(number)
        .run();
  };
  const auto now = house.clock.now();
  pause(1, now + 1h);
  pause(2, now + 1h);
  pause(2, {});
  pause(3, now + 1min);
  pause(4, now);
  pause(two_steps, now + 1h);
  pause(two_steps - 1, now + 1min);
  pause(5, now + 1h);
  house.leave(5);
  house.ledger.suppress(*mail::parse_address(address(1)), subscribers::SuppressionReason::bounced,
                        "daemon", now);
  house.clock.advance(1min);  // to the very end of two pauses
  CHECK(house.freeze(house.id) == Freeze::done);
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = two_steps - 3});
  CHECK(house.sums(house.id) == house.counted(house.id));
  CHECK(house.excluded() == Excluded{{"suppressed", 1}, {"unsubscribed", 1}, {"paused", 1}});
  for (const auto number : {2, 3, 4, static_cast<int>(two_steps - 1)}) CHECK(house.has(number));
}

TEST_CASE("a pause that ends after its reader was gathered ends for the issue, too") {
  House house;
  for (int i = 0; i < 10; ++i) house.add("r" + std::to_string(i) + "@a.example");
  house.database->prepare("UPDATE subscribers SET paused_until = ?")
      .bind(house.clock.now() + 1s)
      .run();
  const auto id = house.scheduled();
  while (!house.ledger.gather(id, {}, house.clock.now())) continue;
  CHECK(count(house, "deliveries") == 0);
  house.clock.advance(1s);
  while (!house.ledger.gather(id, {}, house.clock.now(), 3)) continue;
  CHECK(house.freeze(id) == Freeze::done);
  CHECK(house.sums(id) == queue::IssueSums{.pending = 10});
  CHECK(house.ledger.find_issue(id)->excluded.empty());
}

TEST_CASE("random changes between the steps end as if all had been counted at once") {
  std::mt19937 random(7);
  const auto number = [&](std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(1, most)(random);
  };
  HalfFrozen house;
  const auto now = house.clock.now();
  for (int i = 0; i < 3'000; ++i) {
    const auto one = number(two_steps);
    const auto who = std::to_string(one);
    switch (number(7)) {
      case 7:
        house.database->prepare("UPDATE subscribers SET paused_until = ? WHERE id = ?")
            .bind(house.clock.now() + std::chrono::seconds(number(600) - 60))
            .bind(one)
            .run();
        house.clock.advance(10ms);
        break;
      case 1:
        house.leave(one);
        break;
      case 2:
        house.database->execute("UPDATE subscriptions SET state = 1 WHERE subscriber_id = " + who);
        house.add(address(one), number(2) == 1 ? "report" : "digest");
        break;
      case 3:
        house.ledger.suppress(*mail::parse_address(address(one)),
                              subscribers::SuppressionReason::asked, "operator", now);
        break;
      case 4:
        house.database->execute("DELETE FROM suppressions WHERE canonical = '" + canonical(one) +
                                "'");
        break;
      case 5:
        house.database->execute("UPDATE subscriptions SET state = 0 WHERE subscriber_id = " + who);
        break;
      case 6:
        if (number(200) == 1) house.ledger.gather(house.id, {}, house.clock.now());
        break;
      default:
        break;
    }
  }
  REQUIRE(house.freeze(house.id) == Freeze::done);
  const auto gathered = *house.ledger.find_issue(house.id);
  CHECK(gathered.sums == house.counted(house.id));

  const auto again = house.scheduled("again");
  REQUIRE(house.freeze(again) == Freeze::done);
  const auto at_once = *house.ledger.find_issue(again);
  CHECK(gathered.sums == at_once.sums);
  CHECK(gathered.excluded == at_once.excluded);
  CHECK(gathered.excluded.size() == 4);
  CHECK(count(house,
              "(SELECT subscriber_id, list_id FROM deliveries WHERE issue_id = 1 EXCEPT "
              "SELECT subscriber_id, list_id FROM deliveries WHERE issue_id = 2)") == 0);
  for (const auto* table : {"freezes", "freeze_lists", "freeze_groups", "freeze_touched"})
    CHECK(count(house, table) == 0);
}

TEST_CASE("an issue that is paused or cancelled between the steps does not start") {
  for (const bool pauses : {true, false}) {
    HalfFrozen house;
    const auto now = house.clock.now();
    REQUIRE((pauses ? house.ledger.pause("weekly", "operator", now)
                    : house.ledger.cancel("weekly", "operator", now)));
    CHECK(house.step() == Freeze::refused);
    house.leave(1);
    CHECK(count(house, "deliveries WHERE state <> 0") == 0);  // what is invisible is not cancelled
    CHECK(house.sums(house.id) == queue::IssueSums{});
    CHECK(house.state(house.id) == (pauses ? IssueState::paused : IssueState::cancelled));
    // What was gathered goes, and is gathered anew if it is wanted again.
    REQUIRE(house.ledger.useless_gathering(now) == house.id);
    CHECK(house.ledger.discard_gathering(house.id, now));
    REQUIRE(house.ledger.schedule("weekly", now, "operator", now));
    CHECK(house.freeze(house.id) == Freeze::done);
    CHECK(house.sums(house.id) == queue::IssueSums{.pending = two_steps - 1});
    CHECK(house.sums(house.id) == house.counted(house.id));
    CHECK(house.excluded() == Excluded{{"unsubscribed", 1}});
  }
}

TEST_CASE("what was gathered for an issue that is put off is thrown away in steps") {
  HalfFrozen house;
  const auto now = house.clock.now();
  CHECK_FALSE(house.ledger.useless_gathering(now));
  CHECK_FALSE(house.ledger.discard_gathering(house.id, now));
  REQUIRE(house.ledger.schedule("weekly", now + 24h, "operator", now));
  CHECK(house.ledger.useless_gathering(now) == house.id);
  int steps = 1;
  while (house.ledger.discard_gathering(house.id, now)) ++steps;
  CHECK(steps == 2);
  for (const auto* table : {"deliveries", "freezes", "freeze_lists", "freeze_groups"})
    CHECK(count(house, table) == 0);
  CHECK_FALSE(house.ledger.useless_gathering(now));
}

TEST_CASE("an issue whose lists change between the steps is gathered for the new ones") {
  HalfFrozen house;
  house.add("digest@a.example", "digest");
  house.scheduled("weekly", {"digest"});
  CHECK(house.freeze(house.id) == Freeze::done);
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = 1});
  CHECK(count(house, "deliveries") == 1);
}

TEST_CASE("a start after a crash goes on with what was gathered") {
  HalfFrozen house;
  const auto reopened = house.open();
  store::SqliteQueue queue(*reopened, test::policy(), house.clock.now());
  store::Ledger ledger(*reopened);
  CHECK(ledger.freeze(house.id, House::content(), {}, "daemon", house.clock.now()) == Freeze::done);
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = two_steps});
  CHECK(house.sums(house.id) == house.counted(house.id));
}

TEST_CASE("what is gathered before an issue's time waits for it, and starts in one step") {
  HalfFrozen house;
  const auto now = house.clock.now();
  REQUIRE(house.ledger.schedule("weekly", now + 30s, "operator", now));
  REQUIRE(house.ledger.issues_to_gather(now).size() == 1);
  REQUIRE(house.ledger.due_issues(now).empty());
  while (!house.ledger.gather(house.id, {}, now)) continue;
  CHECK(house.state(house.id) == IssueState::scheduled);
  house.leave(1);
  CHECK(house.ledger.gather(house.id, {}, now));
  house.add("late@many.example");
  CHECK(house.step() == Freeze::refused);
  house.clock.advance(30s);
  CHECK(house.step() == Freeze::done);
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = two_steps});
  CHECK(house.excluded() == Excluded{{"unsubscribed", 1}});
}

TEST_CASE("a gatherer does all the steps on its own, and says when it has") {
  HalfFrozen house;
  std::promise<std::string> told;
  {
    store::Gatherer gatherer(house.file(), house.clock);
    gatherer.gather(house.id, {}, [&](const std::string& trouble) { told.set_value(trouble); });
    CHECK(told.get_future().get().empty());
  }
  CHECK(house.state(house.id) == IssueState::scheduled);
  CHECK(count(house, "deliveries") == two_steps);
  CHECK(house.step() == Freeze::done);
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = two_steps});
}

TEST_CASE("a gatherer that cannot work says why") {
  House house;
  std::promise<std::string> told;
  store::Gatherer gatherer(house.folder.path(), house.clock);  // a folder is no database
  gatherer.gather({1}, {}, [&](const std::string& trouble) { told.set_value(trouble); });
  CHECK_FALSE(told.get_future().get().empty());
}

TEST_CASE("a step is as large as its time allows") {
  store::StepSize size;
  const auto first = size.readers();
  constexpr auto wanted = store::StepSize::wanted;
  size.took(wanted);
  CHECK(size.readers() == first);
  size.took(0ms);
  CHECK(size.readers() == 2 * first);  // not more at once
  size.took(2 * wanted);
  CHECK(size.readers() == first);
  size.took(1h);
  CHECK(size.readers() == store::StepSize::least);
  for (int i = 0; i < 20; ++i) size.took(1ms);
  CHECK(size.readers() == store::StepSize::most);
}

TEST_CASE("domains with many readers or settings of their own have pacing groups") {
  House house;
  const auto add_of = [&](const std::string& domain, std::int64_t readers) {
    for (std::int64_t i = 0; i < readers; ++i) house.add("r" + std::to_string(i) + "@" + domain);
  };
  house.database->transact([&] {
    add_of("few.example", store::readers_of_a_group - 1);
    add_of("many.example", store::readers_of_a_group);
    add_of("paced.example", 1);
  });
  const auto elsewhere = house.add("x@paced.example", "digest");
  house.database->execute("INSERT INTO domains VALUES (99, 'nobody.example')");
  const auto id = house.scheduled();
  const std::set<std::string> paced{"paced.example", "nobody.example", "unknown.example"};
  while (house.ledger.freeze(id, House::content(), {paced}, "daemon", house.clock.now()) ==
         Freeze::gathering)
    continue;
  const auto group_of = [&](const std::string& domain) {
    return count(house, "deliveries d JOIN domains n ON n.id = d.pacing_group WHERE n.name = '" +
                            domain + "'");
  };
  CHECK(group_of("few.example") == 0);
  CHECK(group_of("many.example") == store::readers_of_a_group);
  CHECK(group_of("paced.example") == 1);
  CHECK(count(house, "deliveries WHERE pacing_group = 0") == store::readers_of_a_group - 1);
  CHECK(count(house, "issue_groups") == 3);
  CHECK(count(house,
              "issue_groups g WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE "
              "d.pacing_group = g.pacing_group)") == 0);
  CHECK(elsewhere.value > 0);
}

TEST_CASE("a step looks at its own readers only, and a change at its own reader") {
  HalfFrozen house;
  for (const auto* sql :
       {"EXPLAIN QUERY PLAN SELECT subscriber_id, standing, pacing_group FROM freeze_standings "
        "WHERE issue_id = 1 AND subscriber_id > 5 AND subscriber_id <= 9 LIMIT -1",
        "EXPLAIN QUERY PLAN SELECT standing, pacing_group FROM freeze_standings WHERE "
        "issue_id = 1 AND subscriber_id = 5",
        "EXPLAIN QUERY PLAN INSERT INTO freeze_touch VALUES (1)"}) {
    std::string plan;
    auto query = house.database->prepare(sql);
    while (query.step()) plan += query.text(3) + "\n";
    CAPTURE(plan);
    CHECK(plan.find("SCAN s") == std::string::npos);
    CHECK(plan.find("SCAN n") == std::string::npos);
    CHECK(plan.find("TEMP B-TREE") == std::string::npos);
    CHECK(plan.find("MATERIALIZE") == std::string::npos);
  }
}

TEST_CASE("a large issue is cancelled in steps, of which the first ends its sending") {
  HalfFrozen house;
  REQUIRE(house.freeze(house.id) == Freeze::done);
  store::SqliteQueue queue(*house.database, test::policy(), house.clock.now());
  std::vector<queue::Claimed> claimed;
  queue.transact([&] { claimed = test::claim(queue, house.clock.now(), 2); });
  queue.transact([&] { queue.begin_sending(claimed[0].claim(), house.clock.now()); });
  SUBCASE("all of them") {
    REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
    CHECK_FALSE(house.ledger.cancelled_in_part());
  }
  SUBCASE("cut off, and the rest later") {
    house.database->execute("UPDATE issues SET state = 6 WHERE slug = 'weekly'");
    CHECK(house.ledger.cancelled_in_part() == house.id);
    CHECK(house.ledger.cancel_rest(house.id));
    CHECK(house.sums(house.id) == house.counted(house.id));
    CHECK(house.sums(house.id).cancelled == store::gathered_at_once);
    CHECK_FALSE(house.ledger.cancel_rest(house.id));
    CHECK_FALSE(house.ledger.cancelled_in_part());
    queue.transact([&] { queue.release(claimed[1].claim(), house.clock.now()); });
  }
  CHECK(house.sums(house.id) == queue::IssueSums{.cancelled = two_steps - 1, .pending = 1});
  CHECK(house.sums(house.id) == house.counted(house.id));
}

TEST_CASE("a retry of a large issue reaches all who failed, and only confirmed ones") {
  HalfFrozen house;
  REQUIRE(house.freeze(house.id) == Freeze::done);
  house.database->execute("UPDATE deliveries SET state = 5, due = NULL, attempts = 1");
  house.database->execute(
      "UPDATE issue_sums SET failed = pending, pending = 0; UPDATE issues SET state = 3");
  house.leave(1);
  REQUIRE(house.ledger.retry("weekly", "operator", house.clock.now()));
  CHECK(house.state(house.id) == IssueState::sending);
  CHECK(house.sums(house.id) == queue::IssueSums{.deferred = two_steps - 1, .failed = 1});
  CHECK(house.sums(house.id) == house.counted(house.id));
  const auto told = house.ledger.events_of(house.id).back();
  CHECK(told.kind == "issue.retry");
  CHECK(told.detail == "2,499 readers");
}
