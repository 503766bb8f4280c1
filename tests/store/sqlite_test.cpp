#include "store/sqlite.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/store.h"
#include "support/temporary_folder.h"
#include "support/text.h"

using namespace postrider;
using store::Database;
using store::OpenMode;
using test::has;

TEST_CASE("a new database is made for its owner alone, durable and with its tables") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "p.db";
  const auto database = Database::open(file, OpenMode::read_write);
  REQUIRE(database);
  for (const char* name : {"p.db", "p.db-wal", "p.db-shm"}) {
    struct stat status;
    REQUIRE(::stat((folder.path() / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  const auto pragma = [&](const char* name) {
    auto query = (*database)->prepare(std::string("PRAGMA ") + name);
    query.step();
    return query.text(0);
  };
  CHECK(pragma("journal_mode") == "wal");
  CHECK(pragma("synchronous") == "2");
  CHECK(pragma("foreign_keys") == "1");
  CHECK(pragma("user_version") == "1");
}

TEST_CASE("opening again changes nothing") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "p.db";
  Database::open(file, OpenMode::read_write).value()->execute("INSERT INTO meta VALUES ('a', 1)");
  const auto again = Database::open(file, OpenMode::read_write);
  REQUIRE(again);
  CHECK((*again)->prepare("SELECT 1 FROM meta WHERE key = 'a'").step());
}

TEST_CASE("several programs may open a new database at the same moment") {
  for (int round = 0; round < 5; ++round) {
    const test::TemporaryFolder folder;
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        const auto opened = Database::open(folder.path() / "p.db", OpenMode::read_write);
        if (!opened) std::fprintf(stderr, "%s\n", opened.error().message.c_str());
        ::_exit(opened ? 0 : 1);
      }
      children.push_back(child);
    }
    for (const auto child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      CHECK(status == 0);
    }
  }
}

TEST_CASE("a database of a newer program is refused and stays as it is") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "p.db";
  Database::open(file, OpenMode::read_write).value()->execute("PRAGMA user_version = 99");
  const auto opened = Database::open(file, OpenMode::read_write);
  REQUIRE_FALSE(opened);
  CHECK(has(opened.error().message, "newer Postrider"));
}

TEST_CASE("another program's database, and a file that is none, are refused") {
  const test::TemporaryFolder folder;
  const auto foreign = folder.path() / "foreign.db";
  {
    const auto database = Database::open(foreign, OpenMode::read_write).value();
    database->execute("PRAGMA application_id = 5");
  }
  const auto opened = Database::open(foreign, OpenMode::read_write);
  REQUIRE_FALSE(opened);
  CHECK(has(opened.error().message, "of another program"));
  const auto text = folder.write("text.db", std::string(5000, 'x'));
  CHECK_FALSE(Database::open(text, OpenMode::read_write));
  CHECK_FALSE(Database::open(folder.write("short.db", "x"), OpenMode::read_write));
  CHECK_FALSE(Database::open(folder.path() / "no" / "such.db", OpenMode::read_only));
}

TEST_CASE("a transaction that throws leaves nothing behind, an inner one neither") {
  const test::TemporaryFolder folder;
  const auto database = Database::open(folder.path() / "p.db", OpenMode::read_write).value();
  CHECK_THROWS_AS(database->transact([&] {
    database->execute("INSERT INTO meta VALUES ('outer', 1)");
    database->transact([&] { database->execute("INSERT INTO meta VALUES ('inner', 1)"); });
    throw std::logic_error("no");
  }),
                  std::logic_error);
  CHECK_FALSE(database->prepare("SELECT 1 FROM meta").step());
}

TEST_CASE("a full database says so, undoes the transaction, and works again with room") {
  const test::TemporaryFolder folder;
  const auto database = Database::open(folder.path() / "p.db", OpenMode::read_write).value();
  database->execute("PRAGMA max_page_count = 60");
  const std::string blob(100'000, 'x');
  const auto insert = [&](const std::string& key) {
    database->prepare("INSERT INTO events (at, kind, actor, detail) VALUES (1, ?, 'a', ?)")
        .bind(key)
        .bind(blob)
        .run();
  };
  CHECK_THROWS_AS(database->transact([&] {
    for (int i = 0; i < 10; ++i) insert("full");
  }),
                  queue::CannotWrite);
  CHECK_FALSE(database->prepare("SELECT 1 FROM events").step());
  database->execute("PRAGMA max_page_count = 100000");
  database->transact([&] { insert("fits"); });
  CHECK(database->prepare("SELECT 1 FROM events").step());
}

TEST_CASE("a read-only connection reads while another writes, and cannot write") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "p.db";
  const auto writer = Database::open(file, OpenMode::read_write).value();
  const auto reader = Database::open(file, OpenMode::read_only).value();
  const auto version = reader->data_version();
  writer->execute("INSERT INTO meta VALUES ('a', 1)");
  CHECK(reader->prepare("SELECT 1 FROM meta").step());
  CHECK(reader->data_version() != version);
  CHECK_THROWS_AS(reader->execute("INSERT INTO meta VALUES ('b', 1)"), queue::CannotWrite);
}

TEST_CASE("values come back as they were bound") {
  const test::TemporaryFolder folder;
  const auto database = Database::open(folder.path() / "p.db", OpenMode::read_write).value();
  const auto uid = random_uid();
  const std::string text("with \0 inside", 13);
  auto query = database->prepare("SELECT ?, ?, ?, ?, ?");
  query.bind(std::int64_t{-5})
      .bind(std::string_view(text))
      .bind(uid)
      .bind(Instant(Duration(1234)))
      .bind(std::optional<Instant>());
  REQUIRE(query.step());
  CHECK(query.integer(0) == -5);
  CHECK(query.text(1) == text);
  CHECK(query.uid(2) == uid);
  CHECK(query.instant(3) == Instant(Duration(1234)));
  CHECK_FALSE(query.optional_instant(4));
}

TEST_CASE("a statement for one use works like the others, and is kept by nobody") {
  const test::TemporaryFolder folder;
  const auto database = Database::open(folder.path() / "p.db", OpenMode::read_write).value();
  database->prepare_once("INSERT INTO meta VALUES ('a', ?)").bind(std::int64_t{7}).run();
  auto query = database->prepare_once("SELECT value FROM meta");
  REQUIRE(query.step());
  CHECK(query.integer(0) == 7);
  CHECK_THROWS_AS(database->prepare_once("SELECT nothing FROM nowhere"), std::runtime_error);
}
