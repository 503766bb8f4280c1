// A look whether the ledger is whole, and what keeps it small: store/maintenance.h.
#include "store/maintenance.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "house.h"
#include "store/operator_mail.h"
#include "store/tidying.h"
#include "store/traces.h"

using namespace postrider;
using namespace std::chrono_literals;
using store::Maintenance;

namespace {

struct Kept : test::House {
  std::unique_ptr<store::Database> own = open();

  Maintenance maintain(
      const store::MaintenanceOrder& order = {},
      const store::MaintenanceProgress& progress = [](auto, auto, auto) { return true; }) {
    return store::maintain(*own, order, clock, progress);
  }

  void fill(int names) {
    database->transact([&] {
      for (int i = 0; i < names; ++i)
        database->prepare("INSERT INTO attribute_names VALUES (?)")
            .bind(std::to_string(i) + std::string(400, 'x'))
            .run();
    });
  }

  std::int64_t number_of(const std::string& sql) {
    auto query = database->prepare_once(sql);
    query.step();
    return query.integer(0);
  }

  std::int64_t root_of(const std::string& name) {
    return number_of("SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'");
  }

  /// As a failing disk does.
  void overwrite_page(std::int64_t page) {
    REQUIRE(database->empty_log());
    std::fstream out(file(), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp((page - 1) * 4096);
    const std::string garbage(4096, '\x55');
    out.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
  }

  std::string newest_event() {
    const auto events = ledger.events_before(1'000'000, 1);
    return events.empty() ? "" : events.front().kind + ": " + events.front().detail;
  }
};

}  // namespace

TEST_CASE("a new database can give its pages back little by little") {
  Kept house;
  CHECK(house.number_of("PRAGMA auto_vacuum") == 2);
}

TEST_CASE("a whole database is found whole, each of its tables") {
  Kept house;
  house.add_readers(50);
  const auto done = house.maintain();
  CHECK(done.faults.empty());
  CHECK(done.unchecked.empty());
  CHECK(done.tables > 30);
  CHECK(done.log_emptied);
}

TEST_CASE("a damaged page is told with its table, and nothing is changed") {
  Kept house;
  house.fill(100);
  house.overwrite_page(house.root_of("attribute_names"));
  const auto size = std::filesystem::file_size(house.file());
  const auto done = house.maintain({.fold_after = 24h});
  REQUIRE(done.faults.size() == 1);
  CHECK(done.faults.front().table == "attribute_names");
  CHECK_FALSE(done.faults.front().what.empty());
  CHECK_FALSE(done.log_emptied);
  CHECK(std::filesystem::file_size(house.file()) == size);
}

TEST_CASE("an index that lacks a row is told") {
  Kept house;
  house.add_readers(3);
  house.database->execute(
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX "
      "evidence_by_subscriber ON evidence (subscriber_id)' WHERE name = 'evidence_by_subscriber'; "
      "PRAGMA writable_schema = OFF");
  house.database->execute("INSERT INTO evidence (at, kind, actor) VALUES (0, 'import', 'x')");
  house.own = house.open();
  const auto done = house.maintain();
  REQUIRE(done.faults.size() == 1);
  CHECK(done.faults.front().table == "evidence");
}

TEST_CASE("the room of what was deleted is given back, all but a tenth") {
  Kept house;
  house.fill(20'000);
  house.database->execute("DELETE FROM attribute_names WHERE name > '2'");
  REQUIRE(house.database->empty_log());
  const auto before = std::filesystem::file_size(house.file());
  const auto done = house.maintain();
  CHECK(done.freed > 0);
  CHECK(static_cast<std::int64_t>(before - std::filesystem::file_size(house.file())) == done.freed);
  CHECK(store::pages_to_give_back(*house.database) == 0);
  CHECK(house.number_of("SELECT count(*) FROM attribute_names") == 11'112);
  CHECK(house.maintain().faults.empty());
}

TEST_CASE("no page moves while what was erased is still to be removed from the file") {
  Kept house;
  house.fill(2000);
  house.database->execute("DELETE FROM attribute_names");
  store::note_traces(*house.database);
  CHECK(store::give_pages_back(*house.database) == 0);
  REQUIRE(store::remove_traces(*house.database));
  CHECK(store::give_pages_back(*house.database) > 0);
}

TEST_CASE("maintenance gives SQLite no figures, which would change plans that are tested") {
  Kept house;
  house.fill(12'000);
  house.maintain();
  CHECK(house.number_of("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'") == 0);
}

TEST_CASE("maintenance ends between two steps when it is told so, and is not noted") {
  Kept house;
  int told = 0;
  const auto done = house.maintain({}, [&](auto, auto, auto) { return ++told < 5; });
  CHECK(done.interrupted);
  store::note_maintenance(*house.database, done, "operator", house.clock.now());
  CHECK_FALSE(store::maintained_at(*house.database));
}

TEST_CASE("a look alone changes nothing, and tells what would be done") {
  Kept house;
  house.fill(2000);
  house.database->execute("DELETE FROM attribute_names");
  const auto version = house.database->data_version();
  const auto done = house.maintain({.fold_after = 24h, .only_look = true});
  CHECK(done.freed > 0);
  CHECK(house.database->data_version() == version);
}

TEST_CASE("maintenance that was done is an event with its figures") {
  Kept house;
  const auto done = house.maintain();
  store::note_maintenance(*house.database, done, "operator", house.clock.now());
  CHECK(house.newest_event() == "maintenance.done: " + store::in_words(done));
  CHECK(store::maintained_at(*house.database) == house.clock.now());
  CHECK(house.number_of("SELECT count(*) FROM operator_mails") == 0);
}

TEST_CASE("damage that was found is an event, and the operator hears what to do") {
  Kept house;
  Maintenance found;
  found.faults = {{"attempts", "row 7 missing from index x", 2}};
  store::note_maintenance(*house.database, found, "daemon", house.clock.now());
  CHECK(house.newest_event() ==
        "database.damaged: table 'attempts': row 7 missing from index x (and 2 more)");
  CHECK(house.number_of("SELECT count(*) FROM operator_mails WHERE line LIKE '%backup%'") == 1);
  CHECK_FALSE(store::maintained_at(*house.database));
}
