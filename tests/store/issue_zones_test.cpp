// Issues by local time: when each reader is due, as the freeze has it, and what becomes of them
// then.
#include "store/issue_zones.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <map>
#include <random>

#include "house.h"
#include "support/seeds.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::IssueState;
using queue::IssueSums;
using store::Freeze;

namespace {

Instant moment(const char* text) { return parse_rfc3339(text).value(); }

const Instant tokyo = moment("2022-01-09T23:00:00Z");
const Instant berlin = moment("2022-01-10T07:00:00Z");
const Instant new_york = moment("2022-01-10T13:00:00Z");

/// An issue for 08:00 on Monday, 10 January 2022; its publication is in Berlin, and it is Sunday
/// noon there.
struct Mornings : test::House {
  store::AudienceOrder order{.zone = "Europe/Berlin"};
  std::optional<store::SqliteQueue> queue;

  Mornings() { clock.set(moment("2022-01-09T11:00:00Z")); }

  SubscriberId in(const std::string& name, const std::string& zone,
                  const std::string& list = "report") {
    const auto id = add(name + "@a.example", list);
    move_to(id, zone);
    return id;
  }

  void move_to(SubscriberId reader, const std::string& zone) {
    database->prepare("UPDATE subscribers SET time_zone = ? WHERE id = ?")
        .bind(zone)
        .bind(reader.value)
        .run();
  }

  void describe(SubscriberId reader, const std::string& attributes) {
    database->prepare("UPDATE subscribers SET attributes = ? WHERE id = ?")
        .bind(attributes)
        .bind(reader.value)
        .run();
  }

  IssueId planned(Instant start, const std::string& slug = "weekly") {
    store::DraftRecord record;
    record.slug = record.title = slug;
    record.path = slug + ".md";
    record.source_hash = "hash";
    record.lists = {"report"};
    record.ready = true;
    record.state = IssueState::scheduled;
    record.scheduled_at = start;
    record.local_time = 8h;
    record.local_day = {std::chrono::local_days(std::chrono::year(2022) / 1 / 10), berlin};
    return ledger.put_draft(record, "daemon", clock.now());
  }

  /// Started then.
  IssueId begun(Instant start) {
    const auto id = planned(start);
    clock.set(start);
    REQUIRE(freeze(id, order) == Freeze::done);
    return id;
  }

  Instant due(SubscriberId reader) {
    auto query = database->prepare("SELECT due FROM deliveries WHERE subscriber_id = ?");
    query.bind(reader.value);
    REQUIRE(query.step());
    return query.instant(0);
  }

  /// All that is due is sent.
  std::size_t deliver() {
    if (!queue) queue.emplace(*database, test::policy(), clock.now());
    std::size_t sent = 0;
    queue->transact([&] {
      for (const auto& claimed : test::claim(*queue, clock.now(), 100)) {
        REQUIRE(queue->begin_sending(claimed.claim(), clock.now()));
        const queue::Outcome outcome{
            queue::OutcomeKind::delivered, queue::Scope::recipient, {250, "", "ok"}, {}};
        queue->record(claimed.claim(), {clock.now(), clock.now(), "relay", outcome},
                      queue::after(claimed.delivery, outcome, clock.now(), test::policy()));
        ++sent;
      }
    });
    return sent;
  }

  std::map<std::string, std::int64_t> readers_by_zone(IssueId id) {
    std::map<std::string, std::int64_t> readers;
    for (const auto& zone : store::zone_sums(*database, id))
      readers[zone.zone] = zone.sums.audience();
    return readers;
  }
};

}  // namespace

TEST_CASE(
    "each reader is due at the hour of their own zone, and without one at the publication's") {
  Mornings house;
  const auto east = house.in("east", "Asia/Tokyo");
  const auto west = house.in("west", "America/New_York");
  const auto home = house.in("home", "Europe/Berlin");
  const auto unknown = house.in("unknown", "");
  const auto nowhere = house.in("nowhere", "Mars/Phobos");
  const auto said = house.in("said", "");
  house.describe(said, R"({"time_zone": "Asia/Tokyo"})");
  const auto imported = house.in("imported", "");
  house.describe(imported, R"({"timezone": "America/New_York"})");
  const auto preferred = house.in("preferred", "Asia/Tokyo");
  house.describe(preferred, R"({"timezone": "America/New_York"})");
  const auto odd = house.in("odd", "");
  house.describe(odd, R"({"timezone": 7, "time_zone": ["Asia/Tokyo"]})");
  const auto id = house.begun(tokyo);
  for (const auto reader : {east, said, preferred}) CHECK(house.due(reader) == tokyo);
  for (const auto reader : {home, unknown, nowhere, odd}) CHECK(house.due(reader) == berlin);
  for (const auto reader : {west, imported}) CHECK(house.due(reader) == new_york);
  CHECK(house.readers_by_zone(id) == std::map<std::string, std::int64_t>{{"Asia/Tokyo", 3},
                                                                         {"Europe/Berlin", 4},
                                                                         {"America/New_York", 2}});
}

TEST_CASE("an issue by local time is sent when its last zone is served, and waits in between") {
  Mornings house;
  house.in("east", "Asia/Tokyo");
  house.in("home", "");
  house.in("west", "America/New_York");
  const auto id = house.begun(tokyo);
  CHECK(house.deliver() == 1);
  CHECK(house.deliver() == 0);
  CHECK(house.state(id) == IssueState::sending);
  CHECK(house.ledger.next_due(id) == berlin);
  CHECK(house.ledger.last_due(id) == new_york);
  house.clock.set(berlin - 1ms);
  CHECK(house.deliver() == 0);
  house.clock.set(berlin);
  CHECK(house.deliver() == 1);
  house.queue.reset();  // the daemon starts anew
  CHECK(house.deliver() == 0);
  CHECK(house.state(id) == IssueState::sending);
  house.clock.set(new_york);
  CHECK(house.deliver() == 1);
  CHECK(house.state(id) == IssueState::sent);
  const auto zones = store::zone_sums(*house.database, id);
  REQUIRE(zones.size() == 3);
  CHECK(zones[0].zone == "Asia/Tokyo");
  CHECK(zones[2].due == new_york);
  for (const auto& zone : zones) CHECK(zone.sums == IssueSums{.accepted = 1});
}

TEST_CASE(
    "whose hour has passed when it starts gets it at once, or next day, as the settings say") {
  for (const auto missed : {MissedHour::at_once, MissedHour::next_day}) {
    Mornings house;
    house.order.missed = missed;
    const auto east = house.in("east", "Asia/Tokyo");
    const auto home = house.in("home", "");
    const auto id = house.planned(tokyo);
    house.clock.set(berlin);  // the machine was off
    REQUIRE(house.freeze(id, house.order) == Freeze::done);
    CHECK(house.due(east) == (missed == MissedHour::at_once ? tokyo : tokyo + 24h));
    CHECK(house.due(home) == berlin);
    CHECK(house.deliver() == (missed == MissedHour::at_once ? 2 : 1));
  }
}

TEST_CASE("a start that is some minutes late misses nobody's hour") {
  Mornings house;
  house.order.missed = MissedHour::next_day;
  const auto east = house.in("east", "Asia/Tokyo");
  const auto id = house.planned(tokyo);
  house.clock.set(tokyo + 30min);
  REQUIRE(house.freeze(id, house.order) == Freeze::done);
  CHECK(house.due(east) == tokyo);
  CHECK(house.deliver() == 1);
}

TEST_CASE(
    "a gathering that went on after hours is made anew, with the hours that have passed since") {
  Mornings house;
  house.order.missed = MissedHour::next_day;
  const auto east = house.in("east", "Asia/Tokyo");
  const auto id = house.planned(tokyo);
  house.clock.set(tokyo - 30s);
  while (!house.ledger.gather(id, house.order, house.clock.now())) continue;
  CHECK(house.due(east) == tokyo);
  house.clock.set(berlin);
  REQUIRE(house.freeze(id, house.order) == Freeze::done);
  CHECK(house.due(east) == tokyo + 24h);
  CHECK(house.sums(id) == house.counted(id));
}

TEST_CASE("another hour or day, or no local time at all, throws away what was gathered") {
  Mornings house;
  const auto east = house.in("east", "Asia/Tokyo");
  const auto id = house.planned(tokyo);
  house.clock.set(tokyo);
  while (!house.ledger.gather(id, house.order, house.clock.now())) continue;
  SUBCASE("at once") {
    REQUIRE(house.ledger.schedule("weekly", tokyo, "operator", tokyo));
    REQUIRE(house.freeze(id, house.order) == Freeze::done);
    CHECK(house.due(east) == tokyo);
    CHECK(house.readers_by_zone(id).empty());
  }
  SUBCASE("another day") {
    const auto day = std::chrono::local_days(std::chrono::year(2022) / 1 / 11);
    REQUIRE(house.ledger.schedule("weekly", tokyo, "operator", tokyo,
                                  queue::LocalDay{day, berlin + 24h}));
    REQUIRE(house.freeze(id, house.order) == Freeze::done);
    CHECK(house.due(east) == tokyo + 24h);
  }
  SUBCASE("another home") {
    house.order.zone = "Asia/Tokyo";
    REQUIRE(house.freeze(id, house.order) == Freeze::done);
    CHECK(house.due(east) == tokyo);
  }
  CHECK(house.sums(id) == house.counted(id));
}

TEST_CASE("an operator's now outweighs the hours, and all get it at once") {
  Mornings house;
  const auto east = house.in("east", "Asia/Tokyo");
  const auto west = house.in("west", "America/New_York");
  const auto id = house.planned(tokyo);
  const auto now = house.clock.now();
  REQUIRE(house.ledger.schedule("weekly", now, "operator", now));
  REQUIRE(house.freeze(id, house.order) == Freeze::done);
  for (const auto reader : {east, west}) CHECK(house.due(reader) == now);
  CHECK(store::zone_sums(*house.database, id).empty());
  CHECK(house.deliver() == 2);
}

TEST_CASE("who changes their zone after the freeze keeps the hour that they had") {
  Mornings house;
  const auto east = house.in("east", "Asia/Tokyo");
  const auto id = house.begun(tokyo);
  house.move_to(east, "America/New_York");
  CHECK(house.due(east) == tokyo);
  CHECK(house.readers_by_zone(id) == std::map<std::string, std::int64_t>{{"Asia/Tokyo", 1}});
}

TEST_CASE("pause, resume, retry and cancel leave the hours that are to come as they are") {
  Mornings house;
  house.in("east", "Asia/Tokyo");
  const auto west = house.in("west", "America/New_York");
  const auto id = house.begun(tokyo);
  const auto now = house.clock.now();
  REQUIRE(house.ledger.pause("weekly", "operator", now));
  CHECK(house.deliver() == 0);
  REQUIRE(house.ledger.resume("weekly", "operator", now));
  CHECK(house.state(id) == IssueState::sending);
  CHECK(house.deliver() == 1);
  CHECK_FALSE(house.ledger.retry("weekly", "operator", now));
  CHECK(house.due(west) == new_york);
  REQUIRE(house.ledger.cancel("weekly", "operator", now));
  CHECK(house.sums(id) == IssueSums{.accepted = 1, .cancelled = 1});
  house.clock.set(new_york + 1h);
  CHECK(house.deliver() == 0);
}

TEST_CASE("the zones of lists are those of their confirmed readers that the system knows") {
  Mornings house;
  house.in("east", "Asia/Tokyo");
  house.in("west", "America/New_York", "digest");
  house.in("nowhere", "Mars/Phobos");
  house.in("unknown", "");
  const auto gone = house.in("gone", "Europe/London");
  house.ledger.unsubscribe(gone, {}, "reader", "link", house.clock.now());
  using Zones = std::vector<std::string>;
  CHECK(store::zones_of_lists(*house.database, {"report"}) == Zones{"Asia/Tokyo"});
  CHECK(store::zones_of_lists(*house.database, {"digest", "report"}) ==
        Zones{"America/New_York", "Asia/Tokyo"});
}

TEST_CASE("the start moves with the readers' zones as long as the issue waits") {
  Mornings house;
  const auto id = house.planned(berlin);
  house.ledger.move_start(id, tokyo, house.clock.now());
  CHECK(house.ledger.find_issue(id)->scheduled_at == tokyo);
  house.clock.set(tokyo);
  REQUIRE(house.freeze(id, house.order) == Freeze::done);
  house.ledger.move_start(id, berlin, house.clock.now());
  CHECK(house.ledger.find_issue(id)->scheduled_at == tokyo);
}

TEST_CASE(
    "whatever zones readers move between while they are gathered, each is due at their last one") {
  const std::vector<std::string> zones{"",
                                       "Asia/Tokyo",
                                       "Europe/Berlin",
                                       "America/New_York",
                                       "Pacific/Kiritimati",
                                       "Asia/Kathmandu",
                                       "Mars/Phobos"};
  for (unsigned seed = 0; seed < test::seeds(10); ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto any = [&](std::size_t most) {
      return std::uniform_int_distribution<std::size_t>(0, most - 1)(random);
    };
    Mornings house;
    house.order.missed = seed % 2 == 0 ? MissedHour::at_once : MissedHour::next_day;
    std::vector<SubscriberId> readers;
    house.database->transact([&] {
      for (int i = 0; i < 60; ++i)
        readers.push_back(house.in("r" + std::to_string(i), zones[any(3)]));
    });
    const auto start = moment("2022-01-09T18:00:00Z");
    const auto id = house.planned(start);
    house.clock.set(start + 4h * static_cast<int>(any(3)));
    for (int step = 0; !house.ledger.gather(id, house.order, house.clock.now(), 7); ++step) {
      house.clock.advance(1s);
      if (step > 30) continue;  // more are moved in each than are placed anew
      house.move_to(readers[any(readers.size())], zones[any(zones.size())]);
      house.describe(readers[any(readers.size())], R"({"time_zone": ")" + zones[any(7)] + R"("})");
      if (any(5) == 0) house.in("late" + std::to_string(step), zones[any(zones.size())]);
    }
    house.move_to(readers[0], zones[any(zones.size())]);
    REQUIRE(house.freeze(id, house.order) == Freeze::done);
    CHECK(house.sums(id) == house.counted(id));
    auto query = house.database->prepare(
        "SELECT s.time_zone, coalesce(json_extract(s.attributes, '$.time_zone'), ''), d.due FROM "
        "deliveries d JOIN subscribers s ON s.id = d.subscriber_id");
    std::size_t seen = 0;
    for (; query.step(); ++seen) {
      const auto zone = query.text(0).empty() ? query.text(1) : query.text(0);
      CHECK(query.instant(2) == local_due(parse_local("2022-01-10 08:00").value(),
                                          is_time_zone(zone) ? zone : "Europe/Berlin",
                                          house.order.missed, house.clock.now()));
    }
    CHECK(seen >= readers.size());
  }
}
