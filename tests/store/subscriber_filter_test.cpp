// Which subscribers a list shows.
#include "store/segment_world.h"

using namespace postrider;
using namespace postrider::test;
using namespace std::chrono_literals;
using subscribers::ListFilter;
using subscribers::SubscriptionState;

namespace {

std::set<std::int64_t> shown(House& house, const ListFilter& filter) {
  std::set<std::int64_t> ids;
  house.subscribers.each(
      filter, [&](const subscribers::Subscriber& one) { CHECK(ids.insert(one.id.value).second); });
  CHECK(house.subscribers.count(filter) == std::ssize(ids));
  return ids;
}

bool fits(const Reader& reader, const ListFilter& filter) {
  const auto& all = reader.subscriptions;
  const bool subscribed = std::any_of(all.begin(), all.end(), [&](const auto& one) {
    return (filter.list.empty() || one.first == filter.list) &&
           (!filter.state || one.second.state == static_cast<int>(*filter.state));
  });
  return (subscribed || (filter.list.empty() && !filter.state)) &&
         (!filter.condition || holds(*filter.condition, reader));
}

}  // namespace

TEST_CASE("whatever is asked for, those are shown of whom all of it is true") {
  World world(1);
  for (int round = 0; round < 300; ++round) {
    ListFilter filter;
    // A date of joining is of the list that is named; the plain reading knows all lists.
    const auto text = world.expression(static_cast<int>(world.dice.below(3)));
    if (text.find("joined") == std::string::npos)
      filter.list = world.dice.of<std::string>({"", "report", "digest"});
    if (world.dice.below(2) == 0)
      filter.state = static_cast<SubscriptionState>(world.dice.below(3));
    if (world.dice.below(3) > 0) filter.condition = world.tree(text);
    std::set<std::int64_t> expected;
    for (const auto& reader : world.readers)
      if (fits(reader, filter)) expected.insert(reader.id);
    CAPTURE(text);
    CHECK(shown(world, filter) == expected);
  }
}

TEST_CASE("suppressed and paused readers can be asked for") {
  House house;
  const auto now = house.clock.now();
  house.add("plain@a.example");
  const auto paused = house.add("paused@a.example");
  house.database->prepare("UPDATE subscribers SET paused_until = ? WHERE id = ?")
      .bind(now + 1h)
      .bind(paused.value)
      .run();
  const auto suppressed = house.add("suppressed@a.example", "digest");
  house.database->execute(
      "INSERT INTO suppressions (canonical, reason, at) SELECT canonical, 'bounced', 0 FROM "
      "subscribers WHERE email = 'suppressed@a.example'");
  using Ids = std::set<std::int64_t>;
  CHECK(shown(house, {"", {}, true}) == Ids{suppressed.value});
  CHECK(shown(house, {"report", {}, true}).empty());
  CHECK(shown(house, {"", {}, false, now}) == Ids{paused.value});
  CHECK(shown(house, {"", {}, false, now + 1h}).empty());
}
