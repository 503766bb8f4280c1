#include "store/database_copy.h"

#include <sys/stat.h>

#include "house.h"
#include "store/database_check.h"

using namespace postrider;

namespace {

/// Some megabytes, so that a copy takes several steps.
void pad(test::House& house) {
  const std::string padding(1000, 'x');
  house.database->transact([&] {
    for (int i = 0; i < 3000; ++i)
      house.ledger.note_event("test.padding", padding, "test", house.clock.now());
  });
}

store::Counts counts_of(const std::filesystem::path& file) {
  const auto opened = store::Database::open(file, store::OpenMode::read_write);
  REQUIRE(opened);
  const auto counts = store::check_database(**opened);
  REQUIRE(counts);
  return *counts;
}

}  // namespace

TEST_CASE("a copy has one moment of the database, while others write between its steps") {
  test::House house;
  house.add_readers(20);
  pad(house);
  const auto before = store::check_database(*house.database).value();
  const auto copy = house.folder.write("copy.db", "", 0600);
  int steps = 0;
  const auto copied = store::copy_database(house.file(), copy, [&](auto done, auto whole) {
    CHECK(done <= whole);
    house.add("late" + std::to_string(steps++) + "@readers.example");
    return true;
  });
  REQUIRE(copied);
  CHECK(steps > 3);
  CHECK(counts_of(copy) == before);
  CHECK(store::check_database(*house.database)->subscribers == before.subscribers + steps);
  struct stat status;
  REQUIRE(::stat(copy.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a copy can be interrupted") {
  test::House house;
  pad(house);
  const auto copied = store::copy_database(house.file(), house.folder.path() / "copy.db",
                                           [](auto, auto) { return false; });
  REQUIRE_FALSE(copied);
  CHECK(copied.error().message == "interrupted");
}

TEST_CASE("a file that is no database is told") {
  const test::House house;
  const auto none = house.folder.write("none.db", std::string(8192, 'x'));
  CHECK_FALSE(
      store::copy_database(none, house.folder.path() / "copy.db", [](auto, auto) { return true; }));
}

TEST_CASE("a damaged database does not pass the check") {
  test::House house;
  pad(house);
  house.database.reset();
  auto bytes = std::filesystem::file_size(house.file());
  {
    std::fstream file(house.file(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(bytes / 2));
    file << std::string(20'000, '\xff');
  }
  const auto opened = house.open();
  CHECK_FALSE(store::check_database(*opened));
}

TEST_CASE("a database that is mostly empty is shrunk, and another one is not") {
  test::House house;
  pad(house);
  house.database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto full = std::filesystem::file_size(house.file());
  store::shrink(*house.database);
  house.database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  CHECK(std::filesystem::file_size(house.file()) == full);
  house.database->execute("DELETE FROM events");
  store::shrink(*house.database);
  house.database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  CHECK(std::filesystem::file_size(house.file()) < full / 2);
}
