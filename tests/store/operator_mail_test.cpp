#include "store/operator_mail.h"

#include <doctest/doctest.h>
#include <stdexcept>

#include "house.h"
#include "operator_news.h"
#include "store/erased.h"
#include "store/erasure.h"
#include "store/notices.h"
#include "store/suppressions.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::store;
using namespace std::chrono_literals;
using queue::NoticeKind;
using test::has;
using test::news_of;

namespace {

const auto joe = *mail::parse_address("joe@report.example");

queue::Outcome answer(queue::OutcomeKind kind, int code, const std::string& text) {
  return {kind, queue::Scope::recipient, {code, "", text}};
}

/// An operator, and the daemon that tells them.
struct Operator : test::House {
  std::optional<mail::Address> email = joe;
  OperatorMails mails{*database};
  SqliteQueue queue{*database, test::policy(), clock.now()};

  void tell(OperatorEvent kind, const std::string& about, const std::string& line = "why") {
    database->transact([&] { mails.tell(kind, about, line, clock.now()); });
  }

  /// What the daemon does at each look: the mails that come of it.
  std::vector<queue::Claimed> look() {
    if (mails.is_due(email.has_value(), clock.now())) mails.make_notices(email, clock.now());
    std::vector<queue::Claimed> claimed;
    queue.transact([&] { claimed = test::claim(queue, clock.now(), 100); });
    return claimed;
  }

  void answered(const queue::Claimed& claimed, const queue::Outcome& outcome) {
    const auto now = clock.now();
    queue.transact([&] {
      REQUIRE(queue.begin_sending(claimed.claim(), now));
      queue.record(claimed.claim(), {now, now, "primary", outcome},
                   queue::after(claimed.delivery, outcome, now, test::policy()));
    });
  }

  void taken(const std::vector<queue::Claimed>& claimed) {
    for (const auto& each : claimed)
      answered(each, answer(queue::OutcomeKind::delivered, 250, "ok"));
  }

  /// "weekly digest": what a mail is about.
  std::string abouts(const queue::Claimed& claimed) {
    std::string all;
    const auto mail = mails.of(claimed.notice->uid);
    for (const auto& news : mail->news) all += news.about + " ";
    return all;
  }

  std::int64_t kept() {
    auto query = database->prepare("SELECT count(*) FROM operator_mails");
    query.step();
    return query.integer(0);
  }
};

}  // namespace

TEST_CASE("what is told becomes one mail to the operator with all that has gathered of its kind") {
  Operator house;
  house.tell(OperatorEvent::issue_held, "weekly", "it is late");
  house.clock.advance(1s);
  house.tell(OperatorEvent::issue_held, "digest", "it is late, too");
  const auto mails = house.look();
  REQUIRE(mails.size() == 1);
  CHECK(mails[0].email == "joe@report.example");
  CHECK(mails[0].key.subscriber == SubscriberId{0});
  CHECK(mails[0].notice->kind == NoticeKind::operator_mail);
  const auto told = house.mails.of(mails[0].notice->uid);
  REQUIRE(told);
  CHECK(told->kind == OperatorEvent::issue_held);
  CHECK(told->more == 0);
  REQUIRE(told->news.size() == 2);
  CHECK(told->news[0].about == "weekly");
  CHECK(told->news[0].line == "it is late");
  CHECK(told->news[0].at == house.clock.now() - 1s);
  CHECK(told->news[1].about == "digest");
}

TEST_CASE("the first of a kind is told at once, and the next ones together an hour later") {
  Operator house;
  house.tell(OperatorEvent::issue_held, "first");
  house.taken(house.look());
  house.tell(OperatorEvent::issue_held, "second");
  house.clock.advance(59min);
  house.tell(OperatorEvent::issue_held, "third");
  CHECK_FALSE(house.mails.is_due(true, house.clock.now()));
  CHECK(house.look().empty());
  house.tell(OperatorEvent::breaker, "a.example");
  auto mails = house.look();
  REQUIRE(mails.size() == 1);
  CHECK(house.abouts(mails[0]) == "a.example ");
  house.taken(mails);
  house.clock.advance(1min);
  mails = house.look();
  REQUIRE(mails.size() == 1);
  CHECK(house.abouts(mails[0]) == "second third ");
}

TEST_CASE("a clock that is put back holds up nothing") {
  Operator house;
  house.tell(OperatorEvent::issue_held, "first");
  house.taken(house.look());
  house.clock.advance(-48h);
  house.tell(OperatorEvent::issue_held, "second");
  CHECK(house.mails.is_due(true, house.clock.now()));
  house.mails.make_notices(joe, house.clock.now());
  CHECK_FALSE(house.mails.is_due(true, house.clock.now()));
}

TEST_CASE("where there is no operator, nothing is kept, and nothing old is told to one who comes") {
  Operator house;
  house.email = {};
  house.tell(OperatorEvent::issue_held, "weekly");
  CHECK(house.look().empty());
  CHECK(house.kept() == 0);
  CHECK_FALSE(house.mails.is_due(false, house.clock.now()));
  house.email = joe;
  CHECK(house.look().empty());
}

TEST_CASE("a crash between what is told and its notice loses nothing and doubles nothing") {
  Operator house;
  house.tell(OperatorEvent::issue_held, "weekly");
  CHECK_THROWS(house.database->transact([&] {
    house.mails.make_notices(joe, house.clock.now());
    throw std::runtime_error("killed");
  }));
  const auto mails = house.look();
  REQUIRE(mails.size() == 1);
  CHECK(house.abouts(mails[0]) == "weekly ");
  // Killed after that: a new daemon finds the notice, and nothing else to tell.
  SqliteQueue next(*house.database, test::policy(), house.clock.now());
  CHECK_FALSE(house.mails.is_due(true, house.clock.now()));
  std::vector<queue::Claimed> again;
  next.transact([&] { again = test::claim(next, house.clock.now(), 100); });
  REQUIRE(again.size() == 1);
  CHECK(house.abouts(again[0]) == "weekly ");
}

TEST_CASE("what was told goes when its mail is done, and not before") {
  Operator house;
  house.tell(OperatorEvent::issue_held, "weekly");
  const auto mails = house.look();
  house.answered(mails.at(0), answer(queue::OutcomeKind::deferred, 451, "later"));
  house.clock.advance(2h);
  house.tell(OperatorEvent::issue_held, "digest");
  const auto both = house.look();
  REQUIRE(both.size() == 2);
  CHECK(house.kept() == 2);
  house.taken(both);
  house.clock.advance(2h);
  house.tell(OperatorEvent::breaker, "a.example");
  house.look();
  CHECK(house.kept() == 1);
}

TEST_CASE("a mail has room for so many, and tells how many more there are") {
  Operator house;
  house.database->transact([&] {
    for (int i = 0; i < 103; ++i)
      house.mails.tell(OperatorEvent::issue_held, std::to_string(i), "why", house.clock.now());
  });
  const auto told = house.mails.of(house.look().at(0).notice->uid);
  CHECK(told->news.size() == 100);
  CHECK(told->more == 3);
}

TEST_CASE("no line break of what is told reaches a mail") {
  Operator house;
  house.tell(OperatorEvent::issue_held, "week\r\nBcc: x@y.example", "one\r\ntwo\nthree");
  const auto told = house.mails.of(house.look().at(0).notice->uid);
  CHECK(told->news[0].about == "week Bcc: x@y.example");
  CHECK(told->news[0].line == "one two three");
}

TEST_CASE("a mail to the operator that fails suppresses nobody, tells nobody and is no reader's") {
  Operator house;
  house.email = *mail::parse_address("ann@a.example");
  house.add("ann@a.example");
  CHECK_FALSE(house.mails.last_failure());
  house.tell(OperatorEvent::issue_held, "weekly");
  house.answered(house.look().at(0), answer(queue::OutcomeKind::refused, 550, "no such user"));
  CHECK_FALSE(house.subscribers.find("ann@a.example")->suppressed);
  CHECK_FALSE(house.mails.is_due(true, house.clock.now()));
  CHECK(Notices(*house.database).sums(house.clock.now()).failed == 0);
  CHECK(Notices(*house.database).of(house.subscribers.find("ann@a.example")->id).empty());
  REQUIRE(house.mails.last_failure());
  CHECK(house.mails.last_failure()->reply == "550 no such user");
  house.clock.advance(1h);
  house.tell(OperatorEvent::issue_held, "weekly");
  house.taken(house.look());
  CHECK_FALSE(house.mails.last_failure());
}

TEST_CASE("an operator whose address is suppressed is told all the same") {
  Operator house;
  house.database->transact([&] {
    house.ledger.suppress(joe, subscribers::SuppressionReason::complained, "operator",
                          house.clock.now());
  });
  house.tell(OperatorEvent::issue_held, "weekly");
  auto mails = house.look();
  REQUIRE(mails.size() == 1);
  house.answered(mails[0], answer(queue::OutcomeKind::deferred, 451, "later"));
  CHECK(Notices(*house.database).sums(house.clock.now()).waiting == 0);
  house.clock.advance(2min);
  mails = house.look();
  REQUIRE(mails.size() == 1);
  house.taken(mails);
}

TEST_CASE("an operator who is erased as a reader is told on, without erased readers' addresses") {
  Operator house;
  house.add("joe@report.example");
  house.tell(OperatorEvent::issue_paused, "weekly", "550 joe@report.example is no sender");
  house.mails.make_notices(joe, house.clock.now());
  const Fingerprints keys(TokenKeys({{1, std::string(32, 'k')}}), erased_use);
  store::erase(*house.database, keys, joe, "operator", house.clock.now());
  const auto mails = house.look();
  REQUIRE(mails.size() == 1);
  CHECK(mails[0].email == "joe@report.example");
  const auto line = house.mails.of(mails[0].notice->uid)->news.at(0).line;
  CHECK_FALSE(has(line, "joe@report.example"));
  CHECK(has(line, "is no sender"));
}

TEST_CASE("an issue's start and end are told with its sums, and what was excluded") {
  Operator house;
  house.add("ann@a.example");
  house.add("bob@b.example");
  house.ledger.unsubscribe(house.add("left@c.example"), {}, "reader", "link", house.clock.now());
  house.sending();
  CHECK(news_of(*house.database, OperatorEvent::issue_started) ==
        std::vector<std::string>{"weekly: to 2 readers; excluded: unsubscribed 1; `postrider issue "
                                 "pause weekly` stops it"});
  CHECK(news_of(*house.database, OperatorEvent::issue_finished).empty());
  for (const auto& each : house.look())
    if (!each.notice)
      house.answered(each, each.email.starts_with("ann")
                               ? answer(queue::OutcomeKind::delivered, 250, "ok")
                               : answer(queue::OutcomeKind::refused, 550, "no such user"));
  CHECK(news_of(*house.database, OperatorEvent::issue_finished) ==
        std::vector<std::string>{"weekly: of 2 readers: 1 accepted, 1 bounced; excluded: "
                                 "unsubscribed 1; `postrider issue show weekly` tells more"});
}

TEST_CASE("an issue that is held or rejected is told once, however often its draft is read") {
  Operator house;
  DraftRecord draft;
  draft.slug = "weekly";
  draft.path = "weekly.md";
  draft.lists = {"report"};
  draft.ready = true;
  draft.state = queue::IssueState::held;
  draft.note = "it is late; let it go by `postrider issue send weekly`";
  house.ledger.put_draft(draft, "daemon", house.clock.now());
  draft.note += "; and its draft is faulty: weekly.md:3";
  house.ledger.put_draft(draft, "daemon", house.clock.now());
  CHECK(news_of(*house.database, OperatorEvent::issue_held) ==
        std::vector<std::string>{"weekly: it is late; let it go by `postrider issue send weekly`"});
  draft.state = queue::IssueState::rejected;
  draft.note = "weekly.md:3: no";
  house.ledger.put_draft(draft, "daemon", house.clock.now());
  CHECK(news_of(*house.database, OperatorEvent::issue_rejected) ==
        std::vector<std::string>{
            "weekly: weekly.md:3: no; mend the draft, and look at it by `postrider check`"});
  const auto other = house.scheduled("other");
  house.ledger.hold(other, "why", "daemon", house.clock.now());
  CHECK(news_of(*house.database, OperatorEvent::issue_held).size() == 2);
}

TEST_CASE("an issue that refusals have paused is told with the commands that let it go on") {
  Operator house;
  house.add_readers(8);
  house.sending();
  for (const auto& each : house.look()) {
    if (each.notice) continue;
    auto outcome = answer(queue::OutcomeKind::refused, 550, "sender not allowed");
    outcome.scope = queue::Scope::sender;
    if (house.state({1}) == queue::IssueState::sending) house.answered(each, outcome);
  }
  const auto news = news_of(*house.database, OperatorEvent::issue_paused);
  REQUIRE(news.size() == 1);
  CHECK(has(news[0], "sender not allowed"));
  CHECK(has(news[0], "`postrider issue resume weekly`"));
  CHECK(has(news[0], "`postrider issue retry weekly`"));
}
