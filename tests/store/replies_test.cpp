// What people wrote back: store/replies.h.
#include "store/replies.h"

#include <doctest/doctest.h>

#include "base/fingerprints.h"
#include "store/erased.h"
#include "store/erasure.h"
#include "store/house.h"
#include "store/notices.h"

using namespace postrider;
using namespace postrider::store;
using namespace std::chrono_literals;
using queue::DeliveryState;
using queue::NoticeKind;
using subscribers::SubscriptionState;

namespace {

const queue::Outcome taken_on{queue::OutcomeKind::delivered, {}, {250, "2.0.0", "taken"}};
const queue::Outcome refused_on{
    queue::OutcomeKind::refused, queue::Scope::recipient, {550, "5.1.1", "user unknown"}};

struct ReplyDesk : test::House {
  Reports reports{*database, {}};
  Bounces bounces{*database, {}};
  IssueId issue;
  int messages = 0;

  ReplyDesk() {
    add("ann@a.example");
    add("ann@a.example", "digest");
    issue = sending();
    SqliteQueue queue(*database, test::policy(), clock.now());
    queue.transact([&] {
      for (const auto& claimed : test::claim(queue, clock.now(), 10))
        judge(queue, claimed, taken_on);
    });
  }

  SubscriberId ann() { return subscribers.find("ann@a.example")->id; }

  Arrival arrival(bool proven) {
    Arrival arrival{"mailbox", sha256(std::to_string(++messages)), "a letter", {}, {}};
    arrival.report.from_person = true;
    arrival.report.findings.emplace_back();
    if (proven) arrival.mail = MailOf{ann(), issue, 0, ListId{1}};
    return arrival;
  }
  Arrival reply() {
    auto one = arrival(true);
    one.forward_to = mail::parse_address("joe@report.example").value();
    return one;
  }
  Arrival request(const std::string& from) {
    auto one = arrival(false);
    one.leaver = mail::parse_address(from).value();
    return one;
  }

  Filed take(const Arrival& arrival) { return reports.take(arrival, clock.now()); }

  void judge(SqliteQueue& queue, const queue::Claimed& claimed, const queue::Outcome& outcome) {
    REQUIRE(queue.begin_sending(claimed.claim(), clock.now()));
    queue.record(claimed.claim(), {clock.now(), clock.now(), "main", outcome},
                 queue::after(claimed.delivery, outcome, clock.now(), test::policy()));
  }

  /// Sends what waits, and tells what that was.
  std::vector<queue::Claimed> send(const queue::Outcome& outcome) {
    SqliteQueue queue(*database, test::policy(), clock.now());
    std::vector<queue::Claimed> sent;
    queue.transact([&] {
      sent = test::claim(queue, clock.now(), 100);
      for (const auto& claimed : sent) judge(queue, claimed, outcome);
    });
    return sent;
  }

  Bounce last() {
    std::optional<Bounce> newest;
    bounces.each({}, [&](const Bounce& bounce) {
      if (!newest) newest = bounce;
    });
    REQUIRE(newest);
    return *newest;
  }

  std::int64_t number(const std::string& sql) {
    auto query = database->prepare(sql);
    query.step();
    return query.integer(0);
  }
  std::int64_t kept() { return number("SELECT count(*) FROM reports WHERE message IS NOT NULL"); }
  std::int64_t notices() { return number("SELECT count(*) FROM notices"); }

  SubscriptionState state(const std::string& list) {
    const auto reader = subscribers.find("ann@a.example");
    for (const auto& one : reader->subscriptions)
      if (one.list == list) return one.state;
    return SubscriptionState::pending;
  }
};

}  // namespace

TEST_CASE("a reply is kept until the publisher's server has taken it, and then no longer") {
  ReplyDesk desk;
  const auto reply = desk.reply();
  CHECK(desk.take(reply) == Filed::forwarded);
  CHECK(desk.kept() == 1);
  CHECK(desk.last().answer == "forward");
  CHECK(desk.last().finding.reason == "reply");
  CHECK_MESSAGE(desk.take(reply) == Filed::known, "it may go from its mailbox");
  const auto sent = desk.send(taken_on);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].notice->kind == NoticeKind::forward);
  CHECK(sent[0].email == "joe@report.example");
  CHECK(desk.kept() == 0);
  CHECK(desk.last().answer_state == DeliveryState::accepted);
  CHECK_FALSE(message_answered(*desk.database, sent[0].key.notice));
  CHECK(desk.take(reply) == Filed::known);
  CHECK(desk.send(taken_on).empty());
  CHECK(desk.ledger.events_of(desk.ann()).back().kind == "mail.forwarded");
}

TEST_CASE("what waits to be sent on is there for its composer, and is not judged again") {
  ReplyDesk desk;
  desk.take(desk.reply());
  CHECK_FALSE(desk.reports.next_kept(0));
  SqliteQueue queue(*desk.database, test::policy(), desk.clock.now());
  queue.transact([&] {
    const auto claimed = test::claim(queue, desk.clock.now(), 10);
    REQUIRE(claimed.size() == 1);
    CHECK(message_answered(*desk.database, claimed[0].key.notice) == "a letter");
  });
}

TEST_CASE("a reply that the publisher's server refuses stays, and blames no reader") {
  ReplyDesk desk;
  desk.take(desk.reply());
  CHECK(desk.send(refused_on).size() == 1);
  CHECK(desk.kept() == 1);
  CHECK(desk.last().answer_state == DeliveryState::bounced);
  CHECK(desk.number("SELECT count(*) FROM bounces") == 1);
  CHECK_FALSE(desk.subscribers.find("ann@a.example")->suppressed);
  const auto kept = desk.reports.next_kept(0);
  REQUIRE(kept);
  CHECK_MESSAGE(desk.reports.replay(kept->id, desk.reply(), desk.clock.now()),
                "once that is mended, it is sent on");
  CHECK(desk.send(taken_on).size() == 1);
  CHECK(desk.kept() == 0);
}

TEST_CASE("of one reader so many a day are sent on, and the others kept") {
  ReplyDesk desk;
  for (int i = 0; i < Replies::most_forwards; ++i)
    CHECK(desk.take(desk.reply()) == Filed::forwarded);
  CHECK(desk.take(desk.reply()) == Filed::person);
  CHECK(desk.last().finding.rule == "more than 20 within a day");
  desk.clock.advance(25h);
  CHECK(desk.take(desk.reply()) == Filed::forwarded);
}

TEST_CASE("a reply that may not be sent on is kept") {
  ReplyDesk desk;
  CHECK(desk.take(desk.arrival(true)) == Filed::person);
  CHECK(desk.take(desk.arrival(false)) == Filed::kept);
  CHECK(desk.notices() == 0);
  CHECK(desk.kept() == 2);
}

TEST_CASE("what comes round stays where it came to, though it was read before") {
  ReplyDesk desk;
  auto reply = desk.reply();
  CHECK(desk.take(reply) == Filed::forwarded);
  desk.send(taken_on);
  reply.report.forwarded = true;
  reply.forward_to.reset();
  CHECK(desk.take(reply) == Filed::kept);
  CHECK(desk.notices() == 1);
}

TEST_CASE("who leaves by a reply can be brought back") {
  ReplyDesk desk;
  auto reply = desk.reply();
  reply.leaves = true;
  CHECK(desk.take(reply) == Filed::left);
  CHECK(desk.state("report") == SubscriptionState::unsubscribed);
  CHECK(desk.state("digest") == SubscriptionState::confirmed);
  CHECK(desk.notices() == 0);
  CHECK(desk.kept() == 0);
  CHECK(desk.last().effects == effect::left);
  CHECK(desk.last().finding.reason == "asks_to_leave");
  CHECK(desk.reports.undo(*desk.last().report, desk.clock.now()));
  CHECK(desk.state("report") == SubscriptionState::confirmed);
}

TEST_CASE("who asks to leave from an address of a reader is asked back, once a day") {
  ReplyDesk desk;
  CHECK(desk.take(desk.request("Ann@A.example")) == Filed::asked);
  CHECK(desk.take(desk.request("ann@a.example")) == Filed::kept);
  const auto sent = desk.send(taken_on);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].notice->kind == NoticeKind::ask_leave);
  CHECK(sent[0].email == "ann@a.example");
  CHECK(sent[0].list == ListId{1});
  CHECK(desk.state("report") == SubscriptionState::confirmed);
  CHECK(desk.kept() == 1);
  desk.clock.advance(25h);
  CHECK(desk.take(desk.request("ann@a.example")) == Filed::asked);
}

TEST_CASE("nobody is asked but readers who get mails") {
  ReplyDesk desk;
  CHECK(desk.take(desk.request("nobody@a.example")) == Filed::kept);
  desk.ledger.suppress(mail::parse_address("ann@a.example").value(),
                       subscribers::SuppressionReason::asked, "operator", desk.clock.now());
  CHECK(desk.take(desk.request("ann@a.example")) == Filed::kept);
  CHECK(desk.notices() == 0);
}

TEST_CASE("who has left since is not asked any more") {
  ReplyDesk desk;
  desk.take(desk.request("ann@a.example"));
  desk.ledger.unsubscribe(desk.ann(), {}, "operator", "", desk.clock.now());
  CHECK(desk.send(taken_on).empty());
}

TEST_CASE("whoever leaves by a mail that is of no list is asked for theirs") {
  ReplyDesk desk;
  auto reply = desk.reply();
  reply.mail->list = {};
  reply.leaves = true;
  CHECK(desk.take(reply) == Filed::asked);
}

TEST_CASE("erasing a reader erases what they wrote, and sends none of it on") {
  ReplyDesk desk;
  desk.take(desk.reply());
  desk.take(desk.arrival(true));
  desk.take(desk.request("ann@a.example"));
  const Fingerprints keys(TokenKeys({{1, std::string(32, 'k')}}), erased_use);
  erase(*desk.database, keys, desk.ann(), "operator", desk.clock.now());
  CHECK(desk.kept() == 0);
  CHECK(desk.notices() == 0);
  CHECK(desk.send(taken_on).empty());
}
