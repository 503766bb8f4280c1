#include "store/corrections.h"

#include <doctest/doctest.h>

#include "house.h"
#include "store/precedents.h"
#include "support/text.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::IssueState;
using queue::IssueSums;
using queue::OutcomeKind;
using test::has;
using test::House;

namespace {

struct CorrectedHouse : House {
  store::Corrections corrections{*database};
  std::unique_ptr<store::SqliteQueue> queue = start();

  std::unique_ptr<store::SqliteQueue> start() {
    return std::make_unique<store::SqliteQueue>(*database, test::policy(), clock.now());
  }

  std::vector<queue::Claimed> claim_some(std::size_t most = 100) {
    std::vector<queue::Claimed> claimed;
    queue->transact([&] { claimed = test::claim(*queue, clock.now(), most); });
    return claimed;
  }
  bool begin(const queue::Claimed& claimed) {
    bool begun = false;
    queue->transact([&] { begun = queue->begin_sending(claimed.claim(), clock.now()); });
    return begun;
  }
  void answer(const queue::Claimed& claimed, OutcomeKind kind, int code = 250) {
    const queue::Outcome outcome{kind, queue::Scope::recipient, {code, "", "text"}};
    queue->transact([&] {
      queue->record(claimed.claim(), {clock.now(), clock.now(), "relay", outcome},
                    queue::after(claimed.delivery, outcome, clock.now(), test::policy()));
    });
  }
  void deliver(std::size_t most = 100) {
    for (const auto& claimed : claim_some(most)) {
      REQUIRE(begin(claimed));
      answer(claimed, OutcomeKind::delivered);
    }
  }

  static store::FrozenIssue mended() {
    auto frozen = content();
    frozen.content.subject = "Weekly, mended";
    frozen.content.text = "Hello again";
    frozen.content.images.clear();
    frozen.masthead.from = "Somebody Else <else@other.example>";
    return frozen;
  }
  Result<int> amend(const std::string& slug = "weekly", int based_on = 1) {
    return corrections.amend(slug, {based_on, mended(), "hash2"}, "operator", clock.now());
  }

  Result<IssueId> begin_erratum(const std::string& slug, const std::vector<int>& versions,
                                const std::string& hash = "note") {
    return corrections.begin_erratum(
        {"weekly", versions, slug, "/tmp/note.md", hash, content(), {}}, "operator", clock.now());
  }
  IssueId erratum(const std::vector<int>& versions) {
    const auto id = begin_erratum("note", versions);
    if (!id) FAIL(id.error().message);
    while (corrections.gather_erratum(*id, clock.now())) continue;
    return *id;
  }

  std::vector<std::string> recipients(IssueId issue) {
    std::vector<std::string> all;
    ledger.recipients(issue, [&](const auto& each) { all.push_back(each.email); });
    return all;
  }
};

}  // namespace

TEST_CASE(
    "an amendment is for those who have not been served, and each delivery says what it got") {
  CorrectedHouse house;
  house.add_readers(5);
  const auto id = house.sending();
  house.deliver(2);
  CHECK(house.amend() == 2);
  for (const auto& claimed : house.claim_some()) {
    CHECK(claimed.version == 2);
    REQUIRE(house.begin(claimed));
    house.answer(claimed, OutcomeKind::delivered);
  }
  CHECK(house.state(id) == IssueState::sent);
  const auto versions = house.corrections.versions(*house.ledger.find_issue(id));
  REQUIRE(versions.size() == 2);
  CHECK(versions[0].readers == IssueSums{.accepted = 2});
  CHECK(versions[0].subject == "Weekly");
  CHECK(versions[1].readers == IssueSums{.accepted = 3});
  CHECK(versions[1].subject == "Weekly, mended");
  const auto stories = house.ledger.stories(house.subscribers.find("reader4@readers.example")->id);
  CHECK(stories[0].delivery->version == 2);
  CHECK(stories[0].attempts[0].version == 2);
}

TEST_CASE("the first version stays as it was, and the head of the mails in all of them") {
  CorrectedHouse house;
  house.add_readers(1);
  const auto id = house.sending();
  REQUIRE(house.amend());
  CHECK(house.ledger.frozen(id, 1)->content.text == "Hello");
  CHECK(house.ledger.frozen(id, 1)->content.images.size() == 1);
  CHECK(house.ledger.frozen(id)->content.text == "Hello again");
  CHECK(house.ledger.frozen(id)->content.images.empty());
  CHECK(house.ledger.frozen(id)->masthead.from == "Joe <joe@report.example>");
  CHECK(house.ledger.find_issue(id)->title == "Weekly, mended");
}

TEST_CASE("what was claimed before an amendment cannot begin after it, and is composed anew") {
  CorrectedHouse house;
  house.add_readers(1);
  const auto id = house.sending();
  const auto before = house.claim_some();
  CHECK(before[0].version == 1);
  REQUIRE(house.amend());
  CHECK_FALSE(house.begin(before[0]));
  CHECK(house.queue->is_sending(id));
  CHECK(house.queue->newest_version(id) == 2);
  const auto again = house.claim_some();
  REQUIRE(again.size() == 1);
  CHECK(again[0].version == 2);
  CHECK(house.begin(again[0]));
}

TEST_CASE(
    "what is on the wire when it is amended keeps its version, and has the new one if it is "
    "tried again") {
  CorrectedHouse house;
  house.add_readers(2);
  house.sending();
  const auto claimed = house.claim_some();
  for (const auto& each : claimed) REQUIRE(house.begin(each));
  REQUIRE(house.amend());
  house.answer(claimed[0], OutcomeKind::delivered);
  house.answer(claimed[1], OutcomeKind::deferred, 451);
  house.clock.advance(2min);
  house.deliver();
  const auto first = house.ledger.stories(claimed[0].key.subscriber)[0];
  CHECK(first.delivery->version == 1);
  const auto second = house.ledger.stories(claimed[1].key.subscriber)[0];
  CHECK(second.delivery->version == 2);
  REQUIRE(second.attempts.size() == 2);
  CHECK(second.attempts[0].version == 1);
  CHECK(second.attempts[1].version == 2);
}

TEST_CASE("a mail that was cut off by a crash says which version it was of") {
  CorrectedHouse house;
  house.add_readers(1);
  const auto id = house.sending();
  const auto claimed = house.claim_some();
  REQUIRE(house.begin(claimed[0]));
  REQUIRE(house.amend());
  house.queue = house.start();
  CHECK(house.sums(id).in_doubt == 1);
  const auto story = house.ledger.stories(claimed[0].key.subscriber)[0];
  CHECK(story.delivery->version == 1);
  CHECK(story.attempts[0].version == 1);
  house.deliver();
  CHECK(house.ledger.stories(claimed[0].key.subscriber)[0].delivery->version == 2);
}

TEST_CASE("a copy that is sent again on request is of the newest version") {
  CorrectedHouse house;
  house.add_readers(2);
  house.sending();
  house.deliver(1);
  REQUIRE(house.ledger.resend("weekly", "reader0@readers.example", "operator", house.clock.now()));
  const auto before = house.claim_some(1);
  CHECK(before[0].key.notice != 0);
  REQUIRE(house.amend());
  CHECK_FALSE(house.begin(before[0]));
  house.deliver();
  const auto attempts = house.ledger.stories(before[0].key.subscriber)[0].attempts;
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[1].notice == before[0].key.notice);
  CHECK(attempts[1].version == 2);
}

TEST_CASE("an amendment is refused where it would reach nobody") {
  CorrectedHouse house;
  house.add_readers(1);
  CHECK(has(house.amend("none").error().message, "no issue 'none'"));
  house.scheduled();
  CHECK(has(house.amend().error().message, "has not started"));
  REQUIRE(house.freeze(house.ledger.find_issue("weekly")->id) == store::Freeze::done);
  CHECK(has(house.amend("weekly", 2).error().message, "amended meanwhile"));
  house.deliver();
  CHECK(has(house.amend().error().message, "nothing left to send"));
  house.sending("second");
  REQUIRE(house.ledger.cancel("second", "operator", house.clock.now()));
  CHECK(has(house.amend("second").error().message, "is cancelled"));
}

TEST_CASE("those who failed have the new version when they are tried again") {
  CorrectedHouse house;
  house.add_readers(1);
  const auto id = house.sending();
  const auto claimed = house.claim_some();
  REQUIRE(house.begin(claimed[0]));
  const queue::Outcome outcome{OutcomeKind::refused, queue::Scope::message, {554, "", "no"}};
  house.queue->transact([&] {
    house.queue->record(
        claimed[0].claim(), {house.clock.now(), house.clock.now(), "r", outcome},
        queue::after(claimed[0].delivery, outcome, house.clock.now(), test::policy()));
  });
  CHECK(house.sums(id).failed == 1);
  CHECK(house.state(id) == IssueState::sent);
  REQUIRE(house.amend());
  REQUIRE(house.ledger.retry("weekly", "operator", house.clock.now()));
  house.deliver();
  CHECK(house.ledger.stories(claimed[0].key.subscriber)[0].delivery->version == 2);
}

TEST_CASE("an erratum goes to those who got the faulty version and can be mailed still") {
  CorrectedHouse house;
  house.add_readers(8);
  const auto id = house.sending();
  house.deliver(5);
  REQUIRE(house.amend());
  house.deliver();
  const auto reader = [&](int i) {
    return house.subscribers.find("reader" + std::to_string(i) + "@readers.example")->id;
  };
  house.ledger.unsubscribe(reader(0), {}, "reader", "link", house.clock.now());
  house.ledger.suppress(*mail::parse_address("reader1@readers.example"),
                        subscribers::SuppressionReason::asked, "operator", house.clock.now());
  house.database->execute("UPDATE subscribers SET paused_until = 9e15 WHERE id = 3");
  const auto issue = *house.ledger.find_issue(id);
  CHECK(store::Corrections::faulty_versions(issue) == std::vector{1});
  const auto affected = house.corrections.affected(issue, {1}, house.clock.now());
  CHECK(affected.audience == 2);
  const auto note = house.erratum({1});
  CHECK(house.recipients(note) ==
        std::vector<std::string>{"reader3@readers.example", "reader4@readers.example"});
  const auto row = *house.ledger.find_issue(note);
  CHECK(row.sums == IssueSums{.pending = 2});
  CHECK(row.corrects == "weekly");
  CHECK(row.excluded == affected.excluded);
  CHECK(row.excluded ==
        std::map<std::string, std::int64_t>{{"paused", 1}, {"suppressed", 1}, {"unsubscribed", 1}});
  house.deliver();
  CHECK(house.state(note) == IssueState::sent);
  CHECK(house.sums(note) == IssueSums{.accepted = 2});
}

TEST_CASE("an erratum goes before the rest of the issue that it mends") {
  CorrectedHouse house;
  house.add_readers(8);
  const auto id = house.sending();
  house.deliver(3);
  REQUIRE(house.amend());
  const auto note = house.erratum({1});
  house.deliver(3);
  CHECK(house.sums(note) == IssueSums{.accepted = 3});
  CHECK(house.sums(id) == IssueSums{.accepted = 3, .pending = 5});
}

TEST_CASE("an erratum goes to those in doubt, too, but not where the mended version is to come") {
  CorrectedHouse house;
  house.add_readers(3);
  const auto id = house.sending();
  const auto claimed = house.claim_some();
  for (const auto& each : claimed) REQUIRE(house.begin(each));
  for (const auto& each : claimed) house.answer(each, OutcomeKind::in_doubt, 0);
  REQUIRE(house.amend());
  CHECK(house.corrections.affected(*house.ledger.find_issue(id), {1}, house.clock.now()).audience ==
        0);
  REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
  CHECK(house.recipients(house.erratum({1})).size() == 3);
}

TEST_CASE("who got a faulty copy on request gets an erratum, once") {
  CorrectedHouse house;
  house.add_readers(1);
  house.sending();
  house.deliver();
  house.add("late@readers.example");
  for (const auto* email : {"reader0@readers.example", "late@readers.example"})
    REQUIRE(house.ledger.resend("weekly", email, "operator", house.clock.now()));
  house.deliver();
  CHECK(house.recipients(house.erratum({1})) ==
        std::vector<std::string>{"reader0@readers.example", "late@readers.example"});
}

TEST_CASE("an erratum is refused while the faulty version goes out") {
  CorrectedHouse house;
  house.add_readers(3);
  house.sending();
  house.deliver(1);
  CHECK(has(house.begin_erratum("note", {1}).error().message, "still goes out with version 1"));
  CHECK(has(house.begin_erratum("note", {2}).error().message, "has no version 2"));
  const auto on_wire = house.claim_some(1);
  REQUIRE(house.begin(on_wire[0]));
  REQUIRE(house.amend());
  CHECK(has(house.begin_erratum("note", {1}).error().message, "1 mail of version 1"));
  house.answer(on_wire[0], OutcomeKind::delivered);
  CHECK(house.recipients(house.erratum({1})).size() == 2);
  CHECK(has(house.begin_erratum("other", {1}).error().message, "goes out already, as 'note'"));
  CHECK(has(house.begin_erratum("note", {1}, "other").error().message, "slug of another issue"));
}

TEST_CASE(
    "an erratum whose gathering was cut off is not sent before it is whole, and misses nobody") {
  CorrectedHouse house;
  const int readers = store::corrected_at_once + 10;
  house.add_readers(readers);
  house.sending();
  house.deliver(static_cast<std::size_t>(readers));
  const auto note = house.begin_erratum("note", {1});
  REQUIRE(note);
  CHECK(house.corrections.gather_erratum(*note, house.clock.now()));
  CHECK(house.sums(*note).pending == store::corrected_at_once);
  house.deliver(static_cast<std::size_t>(readers));
  CHECK(house.state(*note) == IssueState::sending);
  // Who leaves before their turn is not placed; who was placed is cancelled as of any issue.
  const auto last =
      house.subscribers.find("reader" + std::to_string(readers - 1) + "@readers.example");
  house.ledger.unsubscribe(last->id, {}, "reader", "link", house.clock.now());
  CHECK(house.corrections.erratum_in_part() == *note);
  while (house.corrections.gather_erratum(*note, house.clock.now())) continue;
  CHECK_FALSE(house.corrections.erratum_in_part());
  house.deliver();
  CHECK(house.state(*note) == IssueState::sent);
  CHECK(house.sums(*note) == IssueSums{.accepted = readers - 1});
  CHECK(house.sums(*note) == house.counted(*note));
}

TEST_CASE("a cancelled erratum is gathered no further") {
  CorrectedHouse house;
  const int readers = store::corrected_at_once + 10;
  house.add_readers(readers);
  house.sending();
  house.deliver(static_cast<std::size_t>(readers));
  const auto note = house.begin_erratum("note", {1});
  REQUIRE(house.corrections.gather_erratum(*note, house.clock.now()));
  REQUIRE(house.ledger.cancel("note", "operator", house.clock.now()));
  CHECK_FALSE(house.corrections.gather_erratum(*note, house.clock.now()));
  CHECK(house.sums(*note) == IssueSums{.cancelled = store::corrected_at_once});
  CHECK(house.claim_some().empty());
}

TEST_CASE("an erratum is none that the next issue's audience is compared with") {
  CorrectedHouse house;
  house.add_readers(4);
  house.sending();
  house.deliver(2);
  REQUIRE(house.amend());
  house.deliver();
  house.clock.advance(1min);
  house.erratum({1});
  const auto before = store::Precedents(*house.database).of_same_readers({"report"}, "");
  REQUIRE(before);
  CHECK(before->slug == "weekly");
  CHECK(before->audience == 4);
}
