#include "daemon/maintainer.h"

#include <doctest/doctest.h>
#include <functional>
#include <memory>

#include "queue/writer.h"
#include "store/house.h"
#include "support/main_thread.h"

using namespace postrider;
using daemon::Maintainer;
using namespace std::chrono_literals;

namespace {

struct Kept : test::House {
  std::unique_ptr<store::Database> writing = open();
  store::SqliteQueue queue{*writing, test::policy(), clock.now()};
  test::MainThread main;
  queue::Writer writer{queue};
  std::unique_ptr<Maintainer> maintainer = make();

  /// As after a start.
  std::unique_ptr<Maintainer> make() {
    const auto post = [this](std::function<void()> task) { main.post(std::move(task)); };
    return std::make_unique<Maintainer>(*database, daemon::Errands(*writing, writer, post), post,
                                        clock);
  }

  /// It counts from now on.
  void begin() {
    maintainer->tick(24h);
    main.work_once();
  }

  /// Whether a tick has the database maintained, which is waited for.
  bool maintains() {
    maintainer->tick(24h);
    if (!maintainer->busy()) return false;
    main.work_once();  // it has come to its end
    main.work_once();  // and is noted
    return true;
  }
};

}  // namespace

TEST_CASE("a new database is maintained when it is a week old") {
  Kept house;
  house.begin();
  CHECK_FALSE(house.maintains());
  house.clock.advance(Maintainer::every - 1h);
  CHECK_FALSE(house.maintains());
  house.clock.advance(1h);
  CHECK(house.maintains());
  CHECK(store::maintained_at(*house.database) == house.clock.now());
}

TEST_CASE("a database is maintained once a week, also over restarts") {
  Kept house;
  house.begin();
  int times = 0;
  for (int hours = 0; hours < 4 * 7 * 24; ++hours) {
    house.clock.advance(1h);
    if (hours % 50 == 0) house.maintainer = house.make();
    if (house.maintains()) ++times;
  }
  CHECK(times == 4);
}

TEST_CASE("after a daemon was off for long its database is maintained once") {
  Kept house;
  house.begin();
  house.clock.advance(std::chrono::days(100));
  house.maintainer = house.make();
  CHECK(house.maintains());
  CHECK_FALSE(house.maintains());
}

TEST_CASE("maintenance waits for the end of an issue that is being sent, for a week") {
  Kept house;
  house.begin();
  house.add_readers(3);
  house.sending();
  house.clock.advance(Maintainer::every + 1h);
  CHECK_FALSE(house.maintains());
  house.clock.advance(Maintainer::most_waiting);
  CHECK(house.maintains());
}

TEST_CASE("maintenance does not begin just before an issue does") {
  Kept house;
  house.begin();
  house.clock.advance(Maintainer::every);
  house.scheduled();
  CHECK_FALSE(house.maintains());
  REQUIRE(house.ledger.pause("weekly", "operator", house.clock.now()));
  CHECK(house.maintains());
}

TEST_CASE("a clock that was put back by months does not end maintenance") {
  Kept house;
  house.begin();
  house.clock.advance(-std::chrono::days(100));
  CHECK(house.maintains());
  CHECK_FALSE(house.maintains());
}

TEST_CASE("a daemon that ends does not wait for its maintenance") {
  Kept house;
  house.begin();
  house.clock.advance(Maintainer::every);
  house.maintainer->tick(24h);
  CHECK(house.maintainer->busy());
  house.maintainer.reset();
}
