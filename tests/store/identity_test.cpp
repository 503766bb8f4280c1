#include "store/identity.h"

#include "house.h"

using namespace postrider;
using namespace std::chrono_literals;

namespace {

/// A queue with an issue for three readers, of a database that was claimed.
struct Claimed {
  test::House house;
  std::vector<std::int64_t> told;

  Claimed() {
    store::claim_new(*house.database, {"machine", "/news/postrider.db", 17, 1000}, 0,
                     house.clock.now());
    house.add_readers(3);
    house.sending();
    queue.emplace(*house.database, test::policy(), house.clock.now());
    queue->on_growth([this](std::int64_t generation) { told.push_back(generation); });
  }

  std::int64_t generation() { return store::identity(*house.database)->generation; }

  void begin(const queue::Claimed& one) {
    queue->transact([&] { REQUIRE(queue->begin_sending(one.claim(), house.clock.now())); });
  }

  std::optional<store::SqliteQueue> queue;
};

}  // namespace

TEST_CASE("the generation grows with what is sent, at most once a second, and is told after that") {
  Claimed world;
  const auto claimed = test::claim(*world.queue, world.house.clock.now(), 3);
  REQUIRE(claimed.size() == 3);
  CHECK(world.generation() == 0);
  world.begin(claimed[0]);
  CHECK(world.told == std::vector<std::int64_t>{1});
  world.begin(claimed[1]);
  CHECK(world.generation() == 1);
  world.house.clock.advance(1s);
  world.begin(claimed[2]);
  CHECK(world.told == std::vector<std::int64_t>{1, 2});
  CHECK(store::identity(*world.house.database)->moved_at == world.house.clock.now());
}

TEST_CASE("where the clock is put back the generation grows all the same") {
  Claimed world;
  const auto claimed = test::claim(*world.queue, world.house.clock.now(), 2);
  world.begin(claimed.at(0));
  world.house.clock.set(world.house.clock.now() - 1h);
  world.begin(claimed.at(1));
  CHECK(world.generation() == 2);
}

TEST_CASE("a growth that is rolled back is told to nobody, and comes again") {
  Claimed world;
  const auto claimed = test::claim(*world.queue, world.house.clock.now(), 1);
  CHECK_THROWS_AS(world.queue->transact([&] {
    world.queue->begin_sending(claimed.at(0).claim(), world.house.clock.now());
    throw queue::CannotWrite("the disk is full");
  }),
                  queue::CannotWrite);
  CHECK(world.told.empty());
  CHECK(world.generation() == 0);
  const auto again = test::claim(*world.queue, world.house.clock.now(), 1);
  world.begin(again.at(0));
  CHECK(world.told == std::vector<std::int64_t>{1});
}

TEST_CASE("a queue that is held back gives out neither deliveries nor notices") {
  Claimed world;
  test::OpenGate gate;
  const auto now = world.house.clock.now();
  world.queue->hold_back(true);
  CHECK(world.queue->claim(now, 10, gate).claimed.empty());
  CHECK_FALSE(world.queue->claim(now, 10, gate).again);
  CHECK(world.queue->claim_notices(now, 10, gate).claimed.empty());
  world.queue->hold_back(false);
  CHECK(world.queue->claim(now, 10, gate).claimed.size() == 3);
}

TEST_CASE("what is restored is so until it is claimed") {
  Claimed world;
  auto& database = *world.house.database;
  store::mark_restored(database);
  CHECK(store::identity(database)->restored);
  store::claim(database, {"machine", "/new/postrider.db", 18, 2000}, 7, "here", "operator",
               world.house.clock.now());
  const auto now = store::identity(database).value();
  CHECK_FALSE(now.restored);
  CHECK(now.place.path == "/new/postrider.db");
  CHECK(now.generation == 7);
}

TEST_CASE(
    "a database that is older than what was sent looks anew at its drafts, once before a claim") {
  Claimed world;
  auto& database = *world.house.database;
  store::Ledger ledger(database);
  ledger.set_first_scan_done(world.house.clock.now());
  CHECK_FALSE(store::forgot_drafts(database));
  store::mark_restored(database);
  CHECK(store::forgot_drafts(database));
  CHECK_FALSE(ledger.first_scan_done());
  ledger.set_first_scan_done(world.house.clock.now());
  store::forget_drafts(database);  // at each start, until it is claimed
  CHECK(ledger.first_scan_done());
  store::claim(database, {"machine", "/new/postrider.db", 18, 2000}, 7, "here", "operator",
               world.house.clock.now());
  CHECK(ledger.first_scan_done());
  store::mark_restored(database);
  CHECK_FALSE(ledger.first_scan_done());
}
