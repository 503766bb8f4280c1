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
