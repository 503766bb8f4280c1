#include "store/departures.h"

#include <doctest/doctest.h>

#include "store/house.h"
#include "store/imports.h"

using namespace postrider;
using namespace postrider::store;
using subscribers::SubscriptionState;
using subscribers::WayBack;

namespace {

struct Readers : test::House {
  Departures departures{*database};
  std::vector<Ledger::ListRow> lists = ledger.lists();

  std::uint64_t list(std::string_view key) const {
    for (const auto& row : lists)
      if (row.key == key) return row.uid;
    return 0;
  }
  Uid reader(const std::string& email = "ann@a.example") { return subscribers.find(email)->uid; }
  std::optional<subscribers::Subscription> on(const std::string& key) {
    const auto found = subscribers.find(reader());
    for (const auto& each : found->subscriptions)
      if (each.list == key) return each;
    return {};
  }
  std::chrono::sys_seconds second() const {
    return std::chrono::floor<std::chrono::seconds>(clock.now());
  }
  Event last_event() { return ledger.events_of(subscribers.find(reader())->id).back(); }
};

}  // namespace

TEST_CASE("leaving by an issue's link is kept with the issue and the reason") {
  Readers house;
  house.add("ann@a.example");
  const auto issue = house.sending();
  auto query = house.database->prepare("SELECT uid FROM issues WHERE id = ?");
  query.bind(issue.value).step();
  house.departures.leave({house.reader(), house.list("report"),
                          static_cast<std::uint64_t>(query.integer(0)), "too many"},
                         house.clock.now());
  const auto event = house.last_event();
  CHECK(event.kind == "subscriber.unsubscribed");
  CHECK(event.actor == "reader");
  CHECK(event.issue == "weekly");
  CHECK(event.detail == "unsubscribe link: report; reason: too many");
  CHECK(house.sums(issue).cancelled == 1);
  for (const auto& told : house.ledger.events_of(issue)) CHECK(told.kind != event.kind);
}

TEST_CASE("a reader is found with what a page has to know") {
  Readers house;
  house.add("ann@a.example");
  house.add("ann@a.example", "digest");
  const auto found = house.departures.find(house.reader(), house.list("report"));
  REQUIRE(found);
  CHECK(found->list_key == "report");
  CHECK(found->state == SubscriptionState::confirmed);
  CHECK(found->other_lists == 1);
  CHECK_FALSE(found->left_at);
  CHECK_FALSE(house.departures.find(house.reader(), 1));
  CHECK_FALSE(house.departures.find(Uid{9}, house.list("report")));
}

TEST_CASE("who leaves all lists has said so of those to come, too, until they come back") {
  Readers house;
  house.add("ann@a.example");
  house.departures.leave({house.reader(), 0, 0, ""}, house.clock.now());
  const auto add = [&] {
    return house.subscribers
        .add({.email = "ann@a.example"}, "digest", {"operator"}, house.clock.now())
        .value();
  };
  CHECK(add() == subscribers::Added::skipped_unsubscribed);
  CHECK(house.subscribers.find(house.reader())->left_all_at == house.clock.now());
  const auto left = house.second();
  house.departures.come_back(house.reader(), 0, left, house.clock.now());
  CHECK(add() == subscribers::Added::added);
}

TEST_CASE("that somebody wants no mails is an event, though they are on no list") {
  Readers house;
  const auto ann = house.add("ann@a.example");
  house.ledger.unsubscribe(ann, house.lists[0].id, "reader", "link", house.clock.now());
  house.clock.advance(std::chrono::hours(1));
  house.departures.leave({house.reader(), 0, 0, ""}, house.clock.now());
  CHECK(house.last_event().at == house.clock.now());
  CHECK(house.last_event().detail == "unsubscribe link: all lists");
  const auto once = house.ledger.events_of(ann).size();
  house.departures.leave({house.reader(), 0, 0, ""}, house.clock.now());
  CHECK_FALSE(house.ledger.unsubscribe(ann, {}, "operator", "", house.clock.now()));
  CHECK(house.ledger.events_of(ann).size() == once);
}

TEST_CASE("who leaves a list whose import was taken back is left out by the next one") {
  Readers house;
  const std::vector<subscribers::Entry> ann{{.email = "ann@a.example"}};
  const auto imported = test::import_entries(house, ann);
  house.sending();
  house.clock.advance(std::chrono::hours(1));
  REQUIRE(house.subscribers.undo(imported.import, {"operator"}, house.clock.now()));
  REQUIRE_FALSE(house.on("report"));
  for (int twice = 0; twice < 2; ++twice)
    house.departures.leave({house.reader(), house.list("report"), 0, ""}, house.clock.now());
  CHECK(house.last_event().detail == "unsubscribe link: report");
  CHECK(test::import_entries(house, ann).skipped.at("unsubscribed") == 1);
}

TEST_CASE("coming back restores exactly what was") {
  Readers house;
  house.add("ann@a.example");
  const auto before = house.on("report");
  house.clock.advance(std::chrono::hours(50));
  house.departures.leave({house.reader(), house.list("report"), 0, ""}, house.clock.now());
  CHECK(house.departures.find(house.reader(), house.list("report"))->left_at == house.clock.now());
  const auto left = house.second();
  house.clock.advance(std::chrono::minutes(5));
  for (int i = 0; i < 2; ++i)
    house.departures.come_back(house.reader(), house.list("report"), left, house.clock.now());
  const auto after = house.on("report");
  CHECK(after->state == before->state);
  CHECK(after->since == before->since);
  CHECK(after->evidence == before->evidence);
  CHECK(house.last_event().kind == "subscriber.resubscribed");
  CHECK(house.departures.find_return(house.reader(), house.list("report"), left)->way ==
        WayBack::taken);
  int returns = 0;
  for (const auto& event : house.ledger.events_of(house.subscribers.find(house.reader())->id))
    returns += event.kind == "subscriber.resubscribed" ? 1 : 0;
  CHECK(returns == 1);
}

TEST_CASE("leaving all lists is one departure, and is taken back as one") {
  Readers house;
  house.add("ann@a.example");
  house.add("ann@a.example", "digest");
  house.departures.leave({house.reader(), 0, 0, ""}, house.clock.now());
  CHECK(house.last_event().detail == "unsubscribe link: report, digest");
  CHECK(house.departures.find(house.reader(), house.list("report"))->left_together == 2);
  house.departures.come_back(house.reader(), 0, house.second(), house.clock.now());
  CHECK(house.on("report")->state == SubscriptionState::confirmed);
  CHECK(house.on("digest")->state == SubscriptionState::confirmed);
}

TEST_CASE("what was pending does not come back, since its sign-up was called off") {
  Readers house;
  house.add("ann@a.example");
  house.add("ann@a.example", "digest");
  house.database
      ->prepare(
          "UPDATE subscriptions SET state = 0 WHERE list_id = (SELECT id FROM lists WHERE key = "
          "'digest')")
      .run();
  const auto digest = house.list("digest");
  SUBCASE("left alone") {
    house.departures.leave({house.reader(), digest, 0, ""}, house.clock.now());
    CHECK_FALSE(house.departures.find(house.reader(), digest)->left_at);
    CHECK(house.departures.find_return(house.reader(), digest, house.second())->way ==
          WayBack::closed);
    house.departures.come_back(house.reader(), digest, house.second(), house.clock.now());
    CHECK(house.on("report")->state == SubscriptionState::confirmed);
  }
  SUBCASE("left with a confirmed one, which does") {
    house.departures.leave({house.reader(), 0, 0, ""}, house.clock.now());
    for (const auto* key : {"report", "digest"}) {
      const auto found = house.departures.find(house.reader(), house.list(key));
      CHECK(found->left_at == house.clock.now());
      CHECK(found->left_together == 2);
    }
    house.departures.come_back(house.reader(), 0, house.second(), house.clock.now());
    CHECK(house.on("report")->state == SubscriptionState::confirmed);
  }
  CHECK(house.on("digest")->state == SubscriptionState::unsubscribed);
}

TEST_CASE("only the departure that the link was for is taken back") {
  Readers house;
  house.add("ann@a.example");
  const auto list = house.list("report");
  house.departures.leave({house.reader(), list, 0, ""}, house.clock.now());
  const auto first = house.second();
  house.departures.come_back(house.reader(), list, first, house.clock.now());
  house.clock.advance(std::chrono::minutes(1));
  house.departures.leave({house.reader(), list, 0, ""}, house.clock.now());
  house.departures.come_back(house.reader(), list, first, house.clock.now());
  CHECK(house.on("report")->state == SubscriptionState::unsubscribed);
  CHECK(house.departures.find_return(house.reader(), list, first)->way == WayBack::closed);
}

TEST_CASE("whoever was suppressed or unsubscribed otherwise meanwhile stays out") {
  Readers house;
  house.add("ann@a.example");
  const auto list = house.list("report");
  house.departures.leave({house.reader(), list, 0, ""}, house.clock.now());
  const auto left = house.second();
  SUBCASE("suppressed") {
    house.ledger.suppress(mail::parse_address("ann@a.example").value(),
                          subscribers::SuppressionReason::complained, "daemon", house.clock.now());
  }
  SUBCASE("by the operator, later") {
    house.clock.advance(std::chrono::minutes(1));
    house.database->prepare("UPDATE subscriptions SET since = ?").bind(house.clock.now()).run();
  }
  house.departures.come_back(house.reader(), list, left, house.clock.now());
  CHECK(house.on("report")->state == SubscriptionState::unsubscribed);
  CHECK(house.departures.find_return(house.reader(), list, left)->way == WayBack::closed);
}
