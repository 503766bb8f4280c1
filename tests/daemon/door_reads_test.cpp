#include "daemon/door_reads.h"

#include <deque>
#include <doctest/doctest.h>

#include "support/temporary_folder.h"

using namespace postrider;
using daemon::DoorReads;
using store::Database;

namespace {

/// A main loop whose turns the test makes, and somebody else who writes.
struct Loop {
  void say(std::string_view word) {
    writing->prepare("INSERT OR REPLACE INTO meta VALUES ('said', ?)").bind(word).run();
  }
  std::string look() {
    auto query = reads.look().prepare("SELECT value FROM meta WHERE key = 'said'");
    return query.step() ? query.text(0) : "";
  }
  void turn() {
    for (const auto& task : std::exchange(posted, {})) task();
  }

  test::TemporaryFolder folder;
  std::unique_ptr<Database> writing =
      Database::open(folder.path() / "p.db", store::OpenMode::read_write).value();
  std::unique_ptr<Database> looking =
      Database::open(folder.path() / "p.db", store::OpenMode::read_write).value();
  std::deque<std::function<void()>> posted;
  DoorReads reads{*looking, [this](auto task) { posted.push_back(std::move(task)); }};
};

}  // namespace

TEST_CASE("all looks of one turn see one state, those of the next one what is new") {
  Loop loop;
  loop.say("one");
  CHECK(loop.look() == "one");
  loop.say("two");
  CHECK(loop.look() == "one");
  loop.turn();
  CHECK(loop.look() == "two");
}

TEST_CASE("whoever hears in the same turn that something is written finds it") {
  Loop loop;
  loop.say("one");
  loop.look();
  loop.say("two");
  loop.reads.look_anew();
  CHECK(loop.look() == "two");
}

TEST_CASE("a turn without a look ends nothing, and no look outlasts its turn") {
  Loop loop;
  loop.look();
  loop.reads.look_anew();
  loop.turn();
  CHECK(loop.posted.empty());
  loop.say("one");
  CHECK(loop.writing->empty_log());  // nobody holds on to an older state
}
