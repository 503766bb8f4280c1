#include "daemon/board.h"

#include <doctest/doctest.h>

#include "support/temporary_folder.h"

using namespace postrider;
using daemon::Board;

TEST_CASE("a second daemon is refused exactly while the first one lives") {
  const test::TemporaryFolder folder;
  const auto database = folder.path() / "postrider.db";
  {
    const auto first = Board::take(database);
    REQUIRE(first);
    const auto second = Board::take(database);
    REQUIRE_FALSE(second);
    CHECK(second.error().message.find("another `postrider run`") != std::string::npos);
  }
  CHECK(Board::take(database));
}

TEST_CASE("the board is read while its daemon lives, and says nothing afterwards") {
  const test::TemporaryFolder folder;
  const auto database = folder.path() / "postrider.db";
  CHECK_FALSE(Board::read(database));
  {
    const auto board = Board::take(database).value_or(nullptr);
    REQUIRE(board);
    board->write("a long first text");
    board->write("short");
    CHECK(Board::read(database) == "short");
  }
  CHECK_FALSE(Board::read(database));
}

TEST_CASE("a text longer than the board is cut") {
  const test::TemporaryFolder folder;
  const auto board = Board::take(folder.path() / "db").value_or(nullptr);
  REQUIRE(board);
  board->write(std::string(20000, 'x'));
  CHECK(Board::read(folder.path() / "db")->size() == 16384);
}

TEST_CASE("a database that is reached by two paths has one board") {
  const test::TemporaryFolder folder;
  const auto database = folder.write("news/postrider.db", "a database");
  const auto first = Board::take(database).value_or(nullptr);
  REQUIRE(first);
  namespace fs = std::filesystem;
  fs::create_symlink(database, folder.path() / "link.db");
  fs::create_directory_symlink(folder.path() / "news", folder.path() / "linked");
  for (const auto& path : {folder.path() / "link.db", folder.path() / "linked" / "postrider.db",
                           folder.path() / "news" / ".." / "news" / "postrider.db"}) {
    CAPTURE(path);
    CHECK_FALSE(Board::take(path));
  }
}

TEST_CASE("a database with a second hard link is refused under either name") {
  const test::TemporaryFolder folder;
  const auto database = folder.write("postrider.db", "a database");
  std::filesystem::create_hard_link(database, folder.path() / "other.db");
  for (const auto& path : {database, folder.path() / "other.db"}) {
    const auto taken = Board::take(path);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().message.find("several names") != std::string::npos);
  }
  std::filesystem::remove(folder.path() / "other.db");
  CHECK(Board::take(database));
}
