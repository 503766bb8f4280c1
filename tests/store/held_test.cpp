// Issues that something speaks against when they could start, and what an operator lets go.
#include <doctest/doctest.h>

#include "base/text.h"
#include "house.h"
#include "store/operator_mail.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::Issue;
using queue::IssueState;
using store::Freeze;
using store::Hold;
using test::House;

namespace {

struct Guarded : House {
  IssueId id;
  int asked = 0;
  Issue told;  // to the objection, the last time

  explicit Guarded(int readers = 3) {
    add_readers(readers);
    id = scheduled();
  }

  /// Guards that hold whatever they have not been told to let go.
  Freeze freeze_by(const std::string& guards) {
    const store::Objection objection = [&](const Issue& issue) {
      ++asked;
      told = issue;
      std::string holding;
      for (const auto guard : split(guards, ' '))
        if (!issue.is_released(guard)) holding += (holding.empty() ? "" : " ") + std::string(guard);
      return holding.empty() ? std::nullopt : std::optional(Hold{"because", holding});
    };
    for (;;) {
      const auto now = clock.now();
      const auto result = ledger.freeze(id, content(), {}, "daemon", now, {objection});
      if (result != Freeze::gathering) return result;
    }
  }

  void send() {
    if (const auto sent = ledger.schedule("weekly", clock.now(), "operator", clock.now()); !sent)
      FAIL(sent.error().message);
  }

  void edit() {
    store::DraftRecord record;
    record.slug = "weekly";
    record.title = "Weekly";
    record.path = "weekly.md";
    record.source_hash = "other";
    record.lists = {"report"};
    record.ready = true;
    record.state = ledger.find_issue(id)->state;
    record.scheduled_at = clock.now();
    ledger.put_draft(record, "daemon", clock.now());
  }

  Issue issue() { return *ledger.find_issue(id); }
};

}  // namespace

TEST_CASE("who objects to a start is told the exact audience, once, and the issue is held") {
  Guarded house(2'500);
  house.ledger.suppress(*mail::parse_address("reader7@readers.example"),
                        subscribers::SuppressionReason::asked, "operator", house.clock.now());
  CHECK(house.freeze_by("again") == Freeze::held);
  CHECK(house.asked == 1);
  CHECK(house.told.sums == queue::IssueSums{.pending = 2'499});
  CHECK(house.told.excluded == std::map<std::string, std::int64_t>{{"suppressed", 1}});
  CHECK(house.issue().state == IssueState::held);
  CHECK(house.issue().note == "because");
  CHECK(house.issue().sums == queue::IssueSums{});
  CHECK_FALSE(house.issue().started_at);
  CHECK_FALSE(house.ledger.frozen(house.id));
  auto mails = house.database->prepare("SELECT line FROM operator_mails WHERE about = 'weekly'");
  REQUIRE(mails.step());
  CHECK(mails.text(0) == "because");
}

TEST_CASE("an issue that was held at its start is gathered anew and started when it is let go") {
  Guarded house;
  REQUIRE(house.freeze_by("again") == Freeze::held);
  house.add("new@readers.example");
  while (house.ledger.useless_gathering(house.clock.now()) == house.id)
    house.ledger.discard_gathering(house.id, house.clock.now());
  house.send();
  CHECK(house.freeze_by("again") == Freeze::done);
  CHECK(house.sums(house.id) == queue::IssueSums{.pending = 4});
  CHECK(house.counted(house.id) == house.sums(house.id));
}

TEST_CASE("an operator's word is for the guards that held the issue, and for no other") {
  Guarded house;
  REQUIRE(house.freeze_by("again audience") == Freeze::held);
  CHECK_FALSE(house.issue().is_released("again"));
  house.send();
  CHECK(house.issue().is_released("again"));
  CHECK(house.issue().is_released("audience"));
  CHECK_FALSE(house.issue().is_released("aud"));
  CHECK_FALSE(house.issue().is_released("content"));
  REQUIRE(house.freeze_by("again audience content") == Freeze::held);
  CHECK(house.issue().held_by == "content");
  house.send();
  CHECK(house.freeze_by("again audience content") == Freeze::done);
}

TEST_CASE("an edit after an operator's word makes the guards look again") {
  Guarded house;
  REQUIRE(house.freeze_by("again") == Freeze::held);
  SUBCASE("while it is held: the word is for what it says then") {
    house.edit();
    CHECK(house.issue().held_by == "again");
    house.send();
    CHECK(house.freeze_by("again") == Freeze::done);
  }
  SUBCASE("after that") {
    house.send();
    house.edit();
    CHECK_FALSE(house.issue().is_released("again"));
    CHECK(house.freeze_by("again") == Freeze::held);
  }
}

TEST_CASE("what no guard held lets nothing go") {
  Guarded house;
  house.ledger.hold(house.id, "late", "daemon", house.clock.now());
  house.send();
  CHECK(house.issue().released.empty());
  REQUIRE(house.freeze_by("again") == Freeze::held);
  // Cancelled and scheduled again: nobody has said a word about what held it.
  REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
  CHECK(house.issue().held_by.empty());
  house.send();
  CHECK(house.freeze_by("again") == Freeze::held);
}
