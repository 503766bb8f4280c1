// What becomes of an issue that is being sent when the clock is put back.
#include <doctest/doctest.h>

#include "house.h"

using namespace postrider;
using namespace std::chrono_literals;
using test::House;

namespace {

struct PutBack : House {
  IssueId id;
  store::SqliteQueue queue{*database, test::policy(), clock.now()};

  explicit PutBack(int readers = 3) {
    add_readers(readers);
    id = scheduled();
    freeze(id);
  }

  std::size_t claimed() {
    std::size_t count = 0;
    test::OpenGate gate;
    queue.transact([&] {
      const auto taken = queue.claim(clock.now(), 100, gate);
      count = taken.claimed.size();
      for (const auto& one : taken.claimed) queue.release(one.claim(), clock.now());
    });
    return count;
  }

  void put_back(Duration by) {
    clock.advance(-by);
    ledger.put_clock_back(by, clock.now(), true);
    for (std::int64_t from = 0; ledger.put_clock_back(id, by, clock.now(), from);) {
    }
  }

  void wait_after_a_try(Duration wait) {
    database
        ->prepare(
            "UPDATE deliveries SET attempts = 1, due = ? WHERE subscriber_id = "
            "(SELECT min(subscriber_id) FROM deliveries)")
        .bind(clock.now() + wait)
        .run();
  }

  std::optional<Instant> due_after_a_try() {
    auto query = database->prepare("SELECT due FROM deliveries WHERE attempts = 1");
    query.step();
    return query.optional_instant(0);
  }
};

}  // namespace

TEST_CASE("a clock that is put back holds up nobody who was due") {
  PutBack house;
  house.clock.advance(-2h);
  CHECK(house.claimed() == 0);
  house.clock.advance(2h);
  house.put_back(2h);
  CHECK(house.claimed() == 3);
}

TEST_CASE("who waits after a try waits as long as before, however the clock is put back") {
  PutBack house;
  house.wait_after_a_try(5min);
  house.put_back(2h);
  CHECK(house.claimed() == 2);
  CHECK(house.due_after_a_try() == house.clock.now() + 5min);
}

TEST_CASE("who went back to the queue untried does not wait for the old clock") {
  PutBack house;
  house.database->prepare("UPDATE deliveries SET due = ?").bind(house.clock.now() + 5min).run();
  house.put_back(2h);
  CHECK(house.claimed() == 3);
}

TEST_CASE("the hour of a reader's zone is what it was when the clock is put back") {
  PutBack house;
  const auto morning = house.clock.now() + 1h;
  house.database->prepare("INSERT INTO issue_zones VALUES (?, 1, 'Asia/Tokyo', ?)")
      .bind(house.id.value)
      .bind(morning)
      .run();
  house.database
      ->prepare(
          "UPDATE deliveries SET due = ?, zone = 1 WHERE subscriber_id = "
          "(SELECT min(subscriber_id) FROM deliveries)")
      .bind(morning)
      .run();
  house.put_back(2h);
  CHECK(house.claimed() == 2);
  auto query = house.database->prepare("SELECT max(due) FROM deliveries");
  query.step();
  CHECK(query.optional_instant(0) == morning);
}

TEST_CASE("a clock that is put back does not make an undo window longer") {
  PutBack house;
  const auto undo = [&] { return house.ledger.find_issue(house.id)->undo_until; };
  house.database->prepare("UPDATE issues SET undo_until = ?").bind(house.clock.now() + 10min).run();
  house.put_back(2h);
  CHECK(undo() == house.clock.now() + 10min);
  // One that is over stays so, even if nobody saw the clock being put back.
  house.database->execute("UPDATE issue_sums SET pending = pending - 1, accepted = 1");
  house.ledger.put_clock_back(2h, house.clock.now(), false);
  CHECK(undo() == house.clock.now());
}

TEST_CASE("many deliveries are brought to the clock in steps, each once") {
  PutBack house(4100);
  house.database->prepare("UPDATE deliveries SET attempts = 1, due = ?")
      .bind(house.clock.now() + 3h)
      .run();
  house.put_back(1h);
  auto query = house.database->prepare("SELECT min(due), max(due) FROM deliveries");
  query.step();
  CHECK(query.instant(0) == house.clock.now() + 3h);
  CHECK(query.instant(1) == house.clock.now() + 3h);
}
