// The time between an issue's start and its first mail, in which it can be taken back.
#include <doctest/doctest.h>

#include "base/text.h"
#include "house.h"
#include "support/text.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::IssueState;
using test::has;
using test::House;

namespace {

constexpr Duration window = 10min;

struct Undoable : House {
  IssueId id;
  Instant starts = clock.now();

  explicit Undoable(int readers = 3) {
    add_readers(readers);
    id = scheduled();
    REQUIRE(freeze_with_window() == store::Freeze::done);
  }

  store::Freeze freeze_with_window() {
    for (;;) {
      const auto result = ledger.freeze(id, content(), {}, "daemon", clock.now(), {{}, window});
      if (result != store::Freeze::gathering) return result;
    }
  }

  queue::Taken claimed_by(store::SqliteQueue& queue) {
    queue::Taken taken;
    test::OpenGate gate;
    queue.transact([&] { taken = queue.claim(clock.now(), 100, gate); });
    return taken;
  }

  /// By a daemon that has just started.
  queue::Taken claimed() {
    store::SqliteQueue queue(*database, test::policy(), clock.now());
    return claimed_by(queue);
  }

  std::optional<Instant> can_be_undone_until() {
    return ledger.find_issue(id)->can_be_undone_until(clock.now());
  }
};

}  // namespace

TEST_CASE("nothing leaves before the undo window's end, and the queue looks again just then") {
  Undoable house;
  CHECK(house.state(house.id) == IssueState::sending);
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = 3});
  CHECK(house.can_be_undone_until() == house.starts + window);
  CHECK(house.ledger.next_due(house.id) == house.starts + window);
  store::SqliteQueue queue(*house.database, test::policy(), house.clock.now());
  for (const auto after : {0ms, 599'999ms}) {
    house.clock.set(house.starts + after);
    const auto taken = house.claimed_by(queue);
    CHECK(taken.claimed.empty());
    CHECK(taken.again == house.starts + window);
  }
  house.clock.set(house.starts + window);
  CHECK_FALSE(house.can_be_undone_until());
  CHECK(house.claimed_by(queue).claimed.size() == 3);
}

TEST_CASE("an issue that has left its undo window does not wait for one that has not") {
  Undoable house;
  house.sending("other");
  const auto taken = house.claimed();
  CHECK(taken.claimed.size() == 3);
  CHECK(taken.again == house.starts + window);
}

TEST_CASE("cancelling in the undo window cancels all and leaves no attempt") {
  Undoable house(2'500);
  REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
  CHECK(house.state(house.id) == IssueState::cancelled);
  CHECK_FALSE(house.can_be_undone_until());
  CHECK(house.sums(house.id) == queue::IssueSums{.cancelled = 2'500});
  CHECK(house.counted(house.id) == house.sums(house.id));
  house.clock.advance(window);
  const auto taken = house.claimed();
  CHECK(taken.claimed.empty());
  CHECK_FALSE(taken.again);
  auto attempts = house.database->prepare("SELECT count(*) FROM attempts");
  attempts.step();
  CHECK(attempts.integer(0) == 0);
}

TEST_CASE("a restart in the undo window begins no other and cuts none short") {
  Undoable house;
  house.clock.advance(window / 2);
  CHECK(house.claimed().claimed.empty());
  CHECK(house.can_be_undone_until() == house.starts + window);
  house.clock.advance(window / 2);
  CHECK(house.claimed().claimed.size() == 3);
}

TEST_CASE("pausing in the undo window stops it; resumed, it ends when it was to end") {
  Undoable house;
  REQUIRE(house.ledger.pause("weekly", "operator", house.clock.now()));
  CHECK(house.can_be_undone_until() == house.starts + window);
  CHECK_FALSE(house.claimed().again);
  SUBCASE("within it") {
    REQUIRE(house.ledger.resume("weekly", "operator", house.clock.now()));
    CHECK(house.claimed().claimed.empty());
    house.clock.advance(window);
    CHECK(house.claimed().claimed.size() == 3);
  }
  SUBCASE("after it") {
    house.clock.advance(window);
    CHECK(house.claimed().claimed.empty());
    REQUIRE(house.ledger.resume("weekly", "operator", house.clock.now()));
    CHECK(house.claimed().claimed.size() == 3);
  }
}

TEST_CASE("who leaves in the undo window gets nothing") {
  Undoable house;
  const auto leave = [&](const std::string& email) {
    house.ledger.unsubscribe(house.subscribers.find(email)->id, {}, "reader", "link",
                             house.clock.now());
  };
  leave("reader0@readers.example");
  CHECK(house.sums(house.id) == queue::IssueSums{.cancelled = 1, .pending = 2});
  CHECK(house.state(house.id) == IssueState::sending);
  house.clock.advance(window);
  CHECK(house.claimed().claimed.size() == 2);
}

TEST_CASE(
    "in its undo window an issue is not sent again, not repeated to one, and retried to none") {
  Undoable house;
  const auto now = house.clock.now();
  const auto sent = house.ledger.schedule("weekly", now, "operator", now);
  REQUIRE_FALSE(sent);
  CHECK(
      sent.error().message ==
      "issue 'weekly' goes out at 2022-01-10 13:10 UTC; `postrider issue cancel weekly` undoes it "
      "until then");
  const auto copy = house.ledger.resend("weekly", "reader1@readers.example", "operator", now);
  REQUIRE_FALSE(copy);
  CHECK(has(copy.error().message, "nothing of issue 'weekly' leaves before 2022-01-10 13:10 UTC"));
  const auto retried = house.ledger.retry("weekly", "operator", now);
  REQUIRE_FALSE(retried);
  CHECK(has(retried.error().message, "nobody to try again"));
  const auto story = house.ledger.stories(house.subscribers.find("reader1@readers.example")->id);
  CHECK(story.at(0).delivery->due == now + window);
  house.clock.advance(window);
  CHECK(house.ledger.resend("weekly", "reader1@readers.example", "operator", house.clock.now()));
}

TEST_CASE("the operator hears until when an issue can be undone") {
  Undoable house;
  auto mails = house.database->prepare("SELECT line FROM operator_mails WHERE about = 'weekly'");
  REQUIRE(mails.step());
  CHECK(mails.text(0) ==
        "to 3 readers; nothing leaves before 2022-01-10 13:10 UTC, and `postrider issue cancel "
        "weekly` undoes it until then");
}

TEST_CASE("without an undo window an issue is as it was") {
  House house;
  house.add_readers(3);
  const auto id = house.sending();
  CHECK_FALSE(house.ledger.find_issue(id)->undo_until);
  CHECK_FALSE(house.ledger.find_issue(id)->can_be_undone_until(house.clock.now()));
  CHECK(house.ledger.next_due(id) == house.clock.now());
}
