#include "store/suppressions.h"

#include "house.h"

using namespace postrider;
using namespace postrider::store;
using subscribers::Suppression;
using subscribers::SuppressionReason;
using test::House;

namespace {

mail::Address parsed(const std::string& text) { return *mail::parse_address(text); }

std::vector<std::string> listed(Database& database) {
  std::vector<std::string> all;
  each_suppression(database, [&](const Suppression& one) {
    all.push_back(one.email + " " + std::string(to_string(one.reason)));
  });
  return all;
}

std::vector<std::string> kinds_of(const std::vector<Event>& events) {
  std::vector<std::string> all;
  for (const auto& event : events) all.push_back(event.kind + " " + event.detail);
  return all;
}

}  // namespace

TEST_CASE("suppressions are listed by domain, subscribers or not") {
  House house;
  house.add("ann@b.example");
  const auto now = house.clock.now();
  CHECK(house.ledger.suppress(parsed("Ann@B.example"), SuppressionReason::bounced, "daemon", now));
  CHECK(house.ledger.suppress(parsed("bob@a.example"), SuppressionReason::asked, "operator", now));
  CHECK(listed(*house.database) ==
        std::vector<std::string>{"bob@a.example asked", "ann@b.example bounced"});
}

TEST_CASE("more suppressions than a page are listed once each") {
  House house;
  house.database->transact([&] {
    for (int i = 0; i < 2500; ++i)
      house.ledger.suppress(parsed("r" + std::to_string(i) + "@a.example"),
                            SuppressionReason::asked, "operator", house.clock.now());
  });
  const auto all = listed(*house.database);
  CHECK(all.size() == 2500);
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == 2500);
}

TEST_CASE("a second suppression keeps the first one's reason") {
  House house;
  const auto now = house.clock.now();
  house.ledger.suppress(parsed("a@a.example"), SuppressionReason::complained, "daemon", now);
  CHECK_FALSE(
      house.ledger.suppress(parsed("a@a.example"), SuppressionReason::asked, "operator", now));
  CHECK(find_suppression(*house.database, parsed("A@a.example"))->reason ==
        SuppressionReason::complained);
}

TEST_CASE("removing a suppression is an event and subscribes nobody") {
  House house;
  const auto reader = house.add("ann@a.example");
  const auto now = house.clock.now();
  house.ledger.unsubscribe(reader, {}, "reader", "link", now);
  house.ledger.suppress(parsed("ann@a.example"), SuppressionReason::asked, "operator", now);
  CHECK(remove_suppression(*house.database, parsed("ANN@a.example"), "operator", now));
  CHECK(listed(*house.database).empty());
  const auto ann = house.subscribers.find("ann@a.example");
  CHECK(ann->subscriptions.at(0).state == subscribers::SubscriptionState::unsubscribed);
  CHECK(kinds_of(house.ledger.events_of(reader)).back() == "suppression.removed asked");
}

TEST_CASE("an address that is not suppressed cannot be taken off the list") {
  House house;
  CHECK_FALSE(
      remove_suppression(*house.database, parsed("a@a.example"), "operator", house.clock.now()));
}
