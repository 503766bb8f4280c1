// How the lists grow.
#include "store/statistics.h"

#include "house.h"
#include "imports.h"

using namespace postrider;
using namespace std::chrono_literals;
using test::House;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }

std::string told(const std::map<std::string, std::int64_t>& counts) {
  std::string text;
  for (const auto& [how, count] : counts) text += how + " " + std::to_string(count) + " ";
  return text;
}

/// "2022-01-03: operator 2 | reader 1", a line each.
std::string weeks(House& house, const std::string& list = "", const char* zone = "UTC") {
  std::string lines;
  for (const auto& [monday, week] : store::Statistics(*house.database, list).weeks(zone)) {
    const std::chrono::year_month_day day(monday);
    lines += std::to_string(unsigned(day.month())) + "-" + std::to_string(unsigned(day.day())) +
             ": " + told(week.joined) + "| " + told(week.left) + "\n";
  }
  return lines;
}

}  // namespace

TEST_CASE("joined and left are counted by week and by how, and come to who is confirmed now") {
  House house;
  house.clock.set(at("2022-01-05T12:00:00Z"));
  const auto leaver = house.add("leaver@a.example");
  const auto undecided = house.add("undecided@a.example");
  house.add("other@a.example", "digest");
  house.clock.set(at("2022-01-17T00:00:00Z"));
  house.add("late@a.example");
  const auto report = house.ledger.lists()[0].id;
  house.ledger.unsubscribe(leaver, report, "reader", "link", house.clock.now());
  house.ledger.unsubscribe(undecided, report, "operator", "", house.clock.now());
  CHECK(weeks(house) == "1-3: operator 3 | \n1-17: operator 1 | operator 1 reader 1 \n");
  CHECK(weeks(house, "digest") == "1-3: operator 1 | \n");
  // In New York it is Sunday still.
  CHECK(weeks(house, "report", "America/New_York") ==
        "1-3: operator 2 | \n1-10: operator 1 | operator 1 reader 1 \n");

  // Who comes back has joined then, and has not left.
  house.database
      ->prepare(
          "UPDATE subscriptions SET state = 1, since = ?1, joined_at = ?1 WHERE subscriber_id = ?2")
      .bind(at("2022-01-18T00:00:00Z"))
      .bind(undecided.value)
      .run();
  CHECK(weeks(house) == "1-3: operator 2 | \n1-17: operator 2 | reader 1 \n");

  const auto standings = store::Statistics(*house.database, "").standings();
  REQUIRE(standings.size() == 2);
  CHECK(standings[0].confirmed == 2);
  CHECK(standings[0].unsubscribed == 1);
  CHECK(standings[1].confirmed == 1);
}

TEST_CASE("suppressed readers are confirmed still, and told apart") {
  House house;
  for (const auto* email : {"one@a.example", "two@a.example", "left@a.example"}) house.add(email);
  house.add("one@a.example", "digest");
  house.ledger.unsubscribe(house.subscribers.find("left@a.example")->id, {}, "reader", "link",
                           house.clock.now());
  for (const auto* email : {"one@a.example", "left@a.example", "stranger@a.example"})
    house.ledger.suppress(*mail::parse_address(email), subscribers::SuppressionReason::bounced,
                          "operator", house.clock.now());
  const auto standings = store::Statistics(*house.database, "").standings();
  REQUIRE(standings.size() == 2);
  CHECK(standings[0].confirmed == 2);
  CHECK(standings[0].suppressed == 1);
  CHECK(standings[1].confirmed == 1);
  CHECK(standings[1].suppressed == 1);
}

TEST_CASE("who had left elsewhere before an import has neither joined nor left here") {
  House house;
  REQUIRE(house.subscribers.import(
      [&](const subscribers::RowVisitor& row, const subscribers::SkipVisitor&) -> Result<void> {
        row({.email = "on@a.example", .since = at("2022-01-05T12:00:00Z")}, 1, 2);
        row({.email = "gone@a.example", .standing = subscribers::Standing::unsubscribed}, 2, 3);
        return {};
      },
      {.list = "report", .source = "list.csv"}, house.clock.now()));
  CHECK(weeks(house) == "1-3: import 1 | \n");
}

TEST_CASE("what an import says later, and who leaves, moves nothing of the weeks before") {
  House house;
  house.clock.set(at("2022-01-05T12:00:00Z"));
  house.add("ann@a.example");
  test::import_entries(house, {{.email = "bob@a.example", .since = at("2021-12-28T12:00:00Z")},
                               {.email = "cid@a.example"}});
  CHECK(weeks(house) == "12-27: import 1 | \n1-3: import 1 operator 1 | \n");
  house.clock.set(at("2022-01-19T12:00:00Z"));
  const auto later =
      test::import_entries(house, {test::one("ann@a.example", subscribers::Standing::unsubscribed),
                                   {.email = "cid@a.example", .name = "Cid"}});
  house.ledger.unsubscribe(house.subscribers.find("bob@a.example")->id, {}, "reader", "link",
                           house.clock.now());
  CHECK(weeks(house) ==
        "12-27: import 1 | \n1-3: import 1 operator 1 | \n1-17: | import 1 reader 1 \n");
  REQUIRE(house.subscribers.undo(later.import, {"operator"}, house.clock.now()));
  CHECK(weeks(house) == "12-27: import 1 | \n1-3: import 1 operator 1 | \n1-17: | reader 1 \n");
}

TEST_CASE("who leaves several lists through an issue is counted once") {
  House house;
  house.add("ann@a.example");
  const auto ann = house.add("ann@a.example", "digest");
  const auto issue = house.sending();
  for (const auto& list : house.ledger.lists())
    house.ledger.unsubscribe(ann, list.id, "reader", "page", house.clock.now(), issue);
  const auto departures = store::Statistics(*house.database, "").departures();
  REQUIRE(departures.size() == 1);
  CHECK(departures[0].left == 1);
}

TEST_CASE("who left by an import has left when that was, whenever they left at its source") {
  House house;
  house.clock.set(at("2022-01-05T12:00:00Z"));
  house.add("ann@a.example");
  house.clock.set(at("2022-01-19T12:00:00Z"));
  auto gone = test::one("ann@a.example", subscribers::Standing::unsubscribed);
  gone.since = at("2022-01-11T12:00:00Z");
  test::import_entries(house, {gone});
  CHECK(weeks(house) == "1-3: operator 1 | \n1-17: | import 1 \n");
}

TEST_CASE("by whom readers left who came with an export, nothing tells") {
  House house;
  house.clock.set(at("2022-01-05T12:00:00Z"));
  const auto ann = house.add("ann@a.example");
  house.ledger.unsubscribe(ann, {}, "reader", "link", house.clock.now());
  house.database->execute("DELETE FROM events");
  CHECK(weeks(house) == "1-3: operator 1 | unknown 1 \n");
}

TEST_CASE("an issue is told by how many left through its links and stayed away") {
  House house;
  house.add_readers(4);
  const auto first = house.sending("first");
  const auto second = house.sending("second");
  const auto leave = [&](int number, std::optional<IssueId> issue) {
    const auto reader =
        house.subscribers.find("reader" + std::to_string(number) + "@readers.example");
    house.ledger.unsubscribe(reader->id, {}, "reader", "link", house.clock.now(), issue);
    return reader->id;
  };
  leave(0, first);
  leave(1, first);
  leave(2, {});
  const auto back = leave(3, second);
  house.database->prepare("UPDATE subscriptions SET state = 1 WHERE subscriber_id = ?")
      .bind(back.value)
      .run();
  const auto departures = store::Statistics(*house.database, "").departures();
  REQUIRE(departures.size() == 1);
  CHECK(departures[0].issue == "first");
  CHECK(departures[0].left == 2);
  CHECK(departures[0].audience == 4);
  CHECK(store::Statistics(*house.database, "digest").departures().empty());
  // The issue's own story is not told of each of them.
  for (const auto& event : house.ledger.events_of(first)) CHECK(event.email.empty());
}
