// Imports among everything else that happens to a list: random sequences, beside what must hold.
#include <map>
#include <random>
#include <set>

#include "house.h"
#include "imports.h"
#include "support/seeds.h"

using namespace postrider;
using namespace postrider::subscribers;
using namespace std::chrono_literals;
using test::House;

namespace {

/// A small town, in which everybody meets everything.
class Town {
 public:
  explicit Town(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }

  std::string address() { return "r" + std::to_string(below(8)) + "@a.example"; }

  Entry entry(Instant now) {
    auto entry = test::one(address(), static_cast<Standing>(below(5)));
    if (below(3) == 0) entry.standing.reset();
    if (below(2) == 0) entry.name = "Name " + std::to_string(below(3));
    if (below(2) == 0) entry.attributes = {{"country", below(2) == 0 ? "\"KZ\"" : "\"DE\""}};
    if (below(3) == 0) entry.language = below(2) == 0 ? "de" : "ar";
    if (below(3) == 0) entry.since = now - 1h * static_cast<int>(below(200));
    if (below(4) == 0) entry.consent.opted_in_from = "192.0.2.1";
    if (below(4) == 0) entry.suppressed = static_cast<SuppressionReason>(below(3));
    if (entry.suppressed && below(2) == 0) entry.is_reader = false;
    return entry;
  }

  std::vector<Entry> entries(Instant now) {
    std::vector<Entry> all;
    for (auto count = below(8); count > 0; --count) all.push_back(entry(now));
    return all;
  }

  void leave_all(House& house, const std::string& email) {
    if (const auto reader = house.subscribers.find(email))
      house.ledger.unsubscribe(reader->id, {}, "reader", "link", house.clock.now());
  }

  void leave(House& house, const std::string& email, std::string_view list_key) {
    const auto reader = house.subscribers.find(email);
    for (const auto& list : house.ledger.lists())
      if (reader && list.key == list_key)
        house.ledger.unsubscribe(reader->id, list.id, "reader", "link", house.clock.now());
  }

 private:
  std::mt19937 random_;
};

ImportOrder order(Town& town) {
  return {.list = town.below(2) == 0 ? "report" : "digest", .source = "list.csv"};
}

/// Stopped after any step, at times.
void undo(House& house, Town& town, std::int64_t import) {
  const auto stop = test::make_stop();
  UndoOrder undoing;
  undoing.stop = stop->get_token();
  undoing.progress = [&](const ImportProgress&) {
    if (town.below(6) == 0) stop->request_stop();
  };
  static_cast<void>(house.subscribers.undo(import, {"operator"}, house.clock.now(), undoing));
}

/// Imports and their undoing do not check references as they go.
bool refers_to_nothing(House& house) {
  return house.database->prepare("PRAGMA foreign_key_check").step();
}

std::string suppressions(House& house) {
  std::string all;
  auto query = house.database->prepare("SELECT canonical, reason, at FROM suppressions");
  while (query.step()) all += query.text(0) + " " + query.text(1) + " " + query.text(2) + "\n";
  return all;
}

}  // namespace

TEST_CASE("whatever an import did to whatever list, taking it back at once leaves no trace") {
  for (unsigned seed = 0; seed < test::seeds(80); ++seed) {
    CAPTURE(seed);
    House house;
    Town town(seed);
    for (int before = 0; before < 3; ++before) {
      test::import_entries(house, town.entries(house.clock.now()), order(town));
      town.leave(house, town.address(), "report");
      house.clock.advance(1h);
    }
    const auto was = test::picture(house) + suppressions(house);
    const auto imported = test::import_entries(house, town.entries(house.clock.now()), order(town));
    house.clock.advance(1h);
    const auto undone = house.subscribers.undo(imported.import, {"operator"}, house.clock.now());
    REQUIRE(undone);
    CHECK(undone->kept == 0);
    REQUIRE(test::picture(house) + suppressions(house) == was);
    CHECK_FALSE(refers_to_nothing(house));
  }
}

TEST_CASE("imports that are all taken back, in whatever order, leave no trace") {
  for (unsigned seed = 0; seed < test::seeds(150); ++seed) {
    CAPTURE(seed);
    House house;
    Town town(seed);
    test::import_entries(house, town.entries(house.clock.now()), order(town));
    town.leave(house, town.address(), "report");
    house.clock.advance(1h);
    const auto was = test::picture(house) + suppressions(house);
    std::vector<std::int64_t> imports;
    for (auto count = 2 + town.below(3); count > 0; --count) {
      imports.push_back(
          test::import_entries(house, town.entries(house.clock.now()), order(town)).import);
      house.clock.advance(1h);
    }
    std::string undone;
    while (!imports.empty()) {
      const auto which = imports.begin() + static_cast<std::ptrdiff_t>(town.below(imports.size()));
      undone += std::to_string(*which) + " ";
      REQUIRE(house.subscribers.undo(*which, {"operator"}, house.clock.now()));
      imports.erase(which);
      house.clock.advance(1h);
    }
    CAPTURE(undone);
    REQUIRE(test::picture(house) + suppressions(house) == was);
  }
}

TEST_CASE("no sequence of imports, their undoing and operators' words brings back who left") {
  for (unsigned seed = 0; seed < test::seeds(100); ++seed) {
    CAPTURE(seed);
    House house;
    Town town(seed);
    std::set<std::pair<std::string, std::string>> left;  // address and list
    std::set<std::string> complained, left_all;
    std::vector<std::int64_t> imports;
    for (int step = 0; step < 30; ++step) {
      house.clock.advance(1h);
      const auto now = house.clock.now();
      const auto email = town.address();
      switch (town.below(7)) {
        case 0:
        case 1:
          imports.push_back(test::import_entries(house, town.entries(now), order(town)).import);
          break;
        case 2:
          if (!imports.empty()) undo(house, town, imports[town.below(imports.size())]);
          break;
        case 3: {
          const std::string list = town.below(2) == 0 ? "report" : "digest";
          const auto reader = house.subscribers.find(email);
          if (!reader) break;
          for (const auto& on : reader->subscriptions)
            if (on.list == list) left.emplace(email, list);
          town.leave(house, email, list);
          break;
        }
        case 4:
          house.ledger.suppress(*mail::parse_address(email),
                                subscribers::SuppressionReason::complained, "daemon", now);
          complained.insert(email);
          break;
        case 5:
          // Of all lists, whether on them or not.
          if (house.subscribers.find(email)) left_all.insert(email);
          town.leave_all(house, email);
          break;
        case 6:
          static_cast<void>(house.subscribers.add({.email = email}, "report", {"operator"}, now));
          break;
      }
      for (const auto& [who, list] : left) {
        const auto reader = house.subscribers.find(who);
        CAPTURE(who);
        REQUIRE(reader);
        for (const auto& on : reader->subscriptions)
          if (on.list == list) REQUIRE(on.state == SubscriptionState::unsubscribed);
      }
      for (const auto& who : left_all)
        if (const auto reader = house.subscribers.find(who))
          for (const auto& on : reader->subscriptions) {
            CAPTURE(who);
            REQUIRE(on.state == SubscriptionState::unsubscribed);
          }
      for (const auto& who : complained) {
        CAPTURE(who);
        const auto canonical = mail::parse_address(who)->canonical();
        auto query = house.database->prepare("SELECT 1 FROM suppressions WHERE canonical = ?");
        REQUIRE(query.bind(std::string_view(canonical)).step());
      }
    }
    CHECK_FALSE(refers_to_nothing(house));
  }
}
