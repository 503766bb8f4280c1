#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include "house.h"
#include "store/sums.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::DeliveryState;
using queue::IssueState;
using queue::IssueSums;
using queue::Outcome;
using queue::OutcomeKind;
using queue::Scope;
using test::House;

namespace {

struct Sender {
  House& house;
  store::SqliteQueue queue{*house.database, test::policy(), house.clock.now()};

  std::vector<queue::Claimed> claim(std::size_t most = 100) {
    std::vector<queue::Claimed> claimed;
    queue.transact([&] { claimed = test::claim(queue, house.clock.now(), most); });
    return claimed;
  }
  bool begin(const queue::Claimed& claimed) {
    bool ours = false;
    queue.transact([&] { ours = queue.begin_sending(claimed.claim(), house.clock.now()); });
    return ours;
  }
  void record(const queue::Claimed& claimed, OutcomeKind kind, int code = 250,
              Scope scope = Scope::recipient) {
    const Outcome outcome{kind, scope, {code, "", "text"}, {"mx.example:25", "TLSv1.3"}};
    const auto now = house.clock.now();
    queue.transact([&] {
      queue.record(claimed.claim(), {now, now, "relay", outcome},
                   queue::after(claimed.delivery, outcome, now, test::policy()));
    });
  }
  void deliver(const queue::Claimed& claimed) {
    REQUIRE(begin(claimed));
    record(claimed, OutcomeKind::delivered);
  }
};

}  // namespace

TEST_CASE("what a server asked is kept, the last of each name") {
  House house;
  Sender sender{house};
  const auto now = house.clock.now();
  sender.queue.transact([&] {
    sender.queue.keep(queue::Pause{"domain big.example", now + 1min, "slower"});
    sender.queue.keep(queue::Pause{"relay primary joe@smtp.example:465", now + 5min, "slower"});
    sender.queue.keep(queue::Pause{"domain big.example", now + 1h, "much slower"});
  });
  const auto pauses = house.ledger.pauses();
  REQUIRE(pauses.size() == 2);
  CHECK(pauses[0].name == "domain big.example");
  CHECK(pauses[0].until == now + 1h);
  CHECK(pauses[0].reason == "much slower");
}

TEST_CASE("a claim takes what is due, once, with all that composing needs") {
  House house;
  house.subscribers.add({"ada@a.example", "Ada", {{"country", "\"KZ\""}}}, "report", {"operator"},
                        house.clock.now());
  house.add_readers(2);
  house.sending();
  Sender sender{house};
  const auto first = sender.claim(2);
  CHECK(first.size() == 2);
  CHECK(sender.claim().size() == 1);
  CHECK(sender.claim().empty());
  CHECK(first[0].email == "ada@a.example");
  CHECK(first[0].name == "Ada");
  CHECK(first[0].attributes == "{\"country\":\"KZ\"}");
  CHECK(first[0].uid == house.subscribers.find("ada@a.example")->uid);
}

TEST_CASE("an issue ends sent when its last reader is served") {
  House house;
  house.add_readers(2);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  sender.deliver(claimed[0]);
  CHECK(house.state(id) == IssueState::sending);
  REQUIRE(sender.begin(claimed[1]));
  sender.record(claimed[1], OutcomeKind::refused, 550);
  CHECK(house.state(id) == IssueState::sent);
  CHECK(house.sums(id) == IssueSums{.accepted = 1, .bounced = 1});
}

TEST_CASE("a temporary failure waits its delay, and the queue knows until when") {
  House house;
  house.add_readers(1);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  REQUIRE(sender.begin(claimed[0]));
  sender.record(claimed[0], OutcomeKind::deferred, 451);
  CHECK(house.sums(id) == IssueSums{.deferred = 1});
  CHECK(sender.claim().empty());
  CHECK(test::next_due(*house.database) == house.clock.now() + 1min);
  house.clock.advance(1min);
  const auto again = sender.claim();
  REQUIRE(again.size() == 1);
  CHECK(again[0].delivery.attempts == 1);
  sender.deliver(again[0]);
  CHECK(house.sums(id) == IssueSums{.accepted = 1});
  const auto stories = house.ledger.stories(again[0].key.subscriber);
  REQUIRE(stories.size() == 1);
  CHECK(stories[0].attempts.size() == 2);
  CHECK(stories[0].attempts[0].attempt.outcome.reply.code == 451);
  for (const auto& peer : {stories[0].attempts[0].attempt.outcome.peer, stories[0].delivery->peer})
    CHECK(peer == queue::Endpoint{"mx.example:25", "TLSv1.3"});
}

TEST_CASE("who leaves between claim and sending is not sent to") {
  House house;
  const auto reader = house.add("leaver@a.example");
  house.add_readers(1);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  house.ledger.unsubscribe(reader, {}, "reader", "link", house.clock.now());
  CHECK_FALSE(sender.begin(claimed[0]));
  CHECK(sender.queue.is_sending(id));
  CHECK(sender.begin(claimed[1]));
  CHECK(house.sums(id) == IssueSums{.cancelled = 1, .pending = 1});
}

TEST_CASE("what was claimed of a paused issue goes back and is served after the resume") {
  House house;
  house.add_readers(1);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  REQUIRE(house.ledger.pause("weekly", "operator", house.clock.now()));
  CHECK_FALSE(sender.begin(claimed[0]));
  CHECK_FALSE(sender.queue.is_sending(id));
  CHECK(sender.claim().empty());
  REQUIRE(house.ledger.resume("weekly", "operator", house.clock.now()));
  const auto again = sender.claim();
  REQUIRE(again.size() == 1);
  sender.deliver(again[0]);
  CHECK(house.state(id) == IssueState::sent);
}

TEST_CASE("a relay that refuses the sender pauses the issue, and a retry serves those it failed") {
  House house;
  house.add_readers(20);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim(10);
  int failed = 0;
  for (const auto& each : claimed) {
    if (!sender.begin(each)) break;
    sender.record(each, OutcomeKind::refused, 550, Scope::sender);
    ++failed;
  }
  CHECK(failed == queue::Refusals::most_in_a_row);
  CHECK(house.state(id) == IssueState::paused);
  CHECK(house.ledger.find_issue(id)->note.find("refused the sender") != std::string::npos);
  CHECK(house.sums(id) == IssueSums{.failed = 5, .pending = 15});
  REQUIRE(house.ledger.resume("weekly", "operator", house.clock.now()));
  CHECK(house.ledger.find_issue(id)->note.empty());
  for (const auto& each : claimed)
    sender.queue.transact([&] { sender.queue.release(each.claim(), house.clock.now()); });
  for (const auto& each : sender.claim()) sender.deliver(each);
  CHECK(house.state(id) == IssueState::sent);
  REQUIRE(house.ledger.retry("weekly", "operator", house.clock.now()));
  CHECK(house.state(id) == IssueState::sending);
  CHECK(house.sums(id) == IssueSums{.accepted = 15, .deferred = 5});
  for (const auto& each : sender.claim()) sender.deliver(each);
  CHECK(house.state(id) == IssueState::sent);
  CHECK(house.sums(id) == IssueSums{.accepted = 20});
}

TEST_CASE("what is refused like that once the issue is paused waits, and does not fail") {
  House house;
  house.add_readers(20);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim(20);
  // Some are refused at MAIL, before their bodies; one on the wire.
  REQUIRE(sender.begin(claimed.back()));
  for (const auto& each : claimed) sender.record(each, OutcomeKind::refused, 550, Scope::sender);
  CHECK(house.state(id) == IssueState::paused);
  CHECK(house.sums(id) == IssueSums{.deferred = 15, .failed = 5});
  CHECK(house.counted(id) == house.sums(id));
  REQUIRE(house.ledger.resume("weekly", "operator", house.clock.now()));
  for (const auto& each : sender.claim()) sender.deliver(each);
  CHECK(house.state(id) == IssueState::sent);
  CHECK(house.sums(id) == IssueSums{.accepted = 15, .failed = 5});
}

TEST_CASE("a retry takes up the failed, the deferred and those in doubt, and nobody else") {
  House house;
  const auto leaver = house.add("leaver@a.example");
  house.add_readers(6);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  const auto refuse = [&](std::size_t i, OutcomeKind kind, int code, Scope scope) {
    REQUIRE(sender.begin(claimed[i]));
    sender.record(claimed[i], kind, code, scope);
  };
  refuse(0, OutcomeKind::refused, 554, Scope::message);  // and leaves afterwards
  refuse(1, OutcomeKind::refused, 554, Scope::message);
  refuse(2, OutcomeKind::deferred, 451, Scope::recipient);
  refuse(3, OutcomeKind::refused, 550, Scope::recipient);
  sender.deliver(claimed[4]);
  house.ledger.unsubscribe(leaver, {}, "reader", "link", house.clock.now());
  REQUIRE(house.ledger.retry("weekly", "operator", house.clock.now()));
  CHECK(house.sums(id) ==
        IssueSums{.accepted = 1, .deferred = 2, .bounced = 1, .failed = 1, .pending = 2});
  CHECK(sender.claim().size() == 2);
  CHECK_FALSE(house.ledger.retry("none", "operator", house.clock.now()));
}

TEST_CASE("an issue with nobody to try again says so, and a cancelled one is not taken up") {
  House house;
  house.add_readers(1);
  house.sending();
  Sender sender{house};
  sender.deliver(sender.claim()[0]);
  const auto refused = house.ledger.retry("weekly", "operator", house.clock.now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("nobody to try again") != std::string::npos);
  house.scheduled("later");
  CHECK_FALSE(house.ledger.retry("later", "operator", house.clock.now()));
}

TEST_CASE("what an earlier claim still says changes nothing") {
  House house;
  house.add_readers(1);
  const auto id = house.sending();
  Sender sender{house};
  const auto old = sender.claim()[0];
  REQUIRE(house.ledger.pause("weekly", "operator", house.clock.now()));
  CHECK_FALSE(sender.begin(old));
  REQUIRE(house.ledger.resume("weekly", "operator", house.clock.now()));
  const auto newer = sender.claim()[0];
  CHECK_FALSE(sender.begin(old));
  REQUIRE(sender.begin(newer));
  const auto release = [&](const queue::Claimed& claimed) {
    sender.queue.transact([&] { sender.queue.release(claimed.claim(), house.clock.now()); });
  };
  release(old);
  CHECK(sender.claim().empty());
  sender.record(old, OutcomeKind::refused, 550);
  CHECK(house.sums(id) == IssueSums{.pending = 1});
  sender.record(newer, OutcomeKind::delivered);
  CHECK(house.sums(id) == IssueSums{.accepted = 1});
}

TEST_CASE("a claim is in memory: a transaction that fails undoes it, and it writes nothing") {
  House house;
  house.add_readers(2);
  const auto id = house.sending();
  Sender sender{house};
  const auto fail = [] { throw queue::CannotWrite("the disk is full"); };
  const auto now = house.clock.now();
  CHECK_THROWS_AS(sender.queue.transact([&] {
    CHECK(test::claim(sender.queue, now, 2).size() == 2);
    fail();
  }),
                  queue::CannotWrite);
  const auto claimed = sender.claim();
  REQUIRE(claimed.size() == 2);
  CHECK(house.counted(id) == IssueSums{.pending = 2});
  CHECK(sender.claim().empty());
  CHECK_THROWS_AS(sender.queue.transact([&] {
    CHECK(sender.queue.begin_sending(claimed[0].claim(), now));
    sender.queue.release(claimed[1].claim(), now);
    fail();
  }),
                  queue::CannotWrite);
  for (const auto& each : claimed) sender.deliver(each);
  CHECK(house.sums(id) == IssueSums{.accepted = 2});
}

TEST_CASE("what goes back to the queue is claimed again before those behind it") {
  House house;
  house.add_readers(6);
  house.sending();
  Sender sender{house};
  const auto first = sender.claim(2);
  const auto second = sender.claim(2);
  REQUIRE(second.size() == 2);
  sender.queue.transact(
      [&] { sender.queue.release(first[1].claim(), house.clock.now() - std::chrono::seconds(1)); });
  const auto third = sender.claim(10);
  REQUIRE(third.size() == 3);
  CHECK(third[0].key == first[1].key);
  for (const auto& held : {first[0], second[0], second[1]})
    CHECK(std::none_of(third.begin(), third.end(),
                       [&](const auto& each) { return each.key == held.key; }));
}

TEST_CASE("what is on the wire of a cancelled issue is still recorded") {
  House house;
  house.add_readers(2);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  REQUIRE(sender.begin(claimed[0]));
  REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
  sender.record(claimed[0], OutcomeKind::delivered);
  CHECK(house.sums(id) == IssueSums{.accepted = 1, .cancelled = 1});
  CHECK(house.sums(id) == house.counted(id));
}

TEST_CASE("a released delivery is as it was") {
  House house;
  house.add_readers(1);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  REQUIRE(sender.begin(claimed[0]));
  sender.queue.transact([&] { sender.queue.release(claimed[0].claim(), house.clock.now()); });
  CHECK(house.sums(id) == IssueSums{.pending = 1});
  CHECK(sender.claim()[0].delivery.attempts == 0);
}

TEST_CASE("a release of what was cancelled meanwhile changes nothing") {
  House house;
  const auto reader = house.add("leaver@a.example");
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  house.ledger.unsubscribe(reader, {}, "reader", "link", house.clock.now());
  sender.queue.transact([&] { sender.queue.release(claimed[0].claim(), house.clock.now()); });
  CHECK(house.sums(id) == IssueSums{.cancelled = 1});
}

TEST_CASE("after a crash the claimed are queued again and the sent-off are in doubt, due at once") {
  House house;
  house.add_readers(3);
  const auto id = house.sending();
  {
    Sender sender{house};
    const auto claimed = sender.claim(2);
    REQUIRE(sender.begin(claimed[0]));
  }
  Sender next{house};
  CHECK(house.sums(id) == IssueSums{.in_doubt = 1, .pending = 2});
  const auto claimed = next.claim();
  CHECK(claimed.size() == 3);
  for (const auto& one : claimed) next.deliver(one);
  CHECK(house.sums(id) == IssueSums{.accepted = 3});
  CHECK(house.state(id) == IssueState::sent);
}

TEST_CASE("in doubt and held does not keep an issue from being sent") {
  House house;
  house.add_readers(1);
  const auto id = house.sending();
  auto hold = test::policy();
  hold.resend_in_doubt = false;
  {
    Sender sender{house};
    REQUIRE(sender.begin(sender.claim()[0]));
  }
  store::SqliteQueue queue(*house.database, hold, house.clock.now());
  CHECK(house.sums(id) == IssueSums{.in_doubt = 1});
  CHECK(house.state(id) == IssueState::sent);
  CHECK_FALSE(test::next_due(*house.database));
}

TEST_CASE("a copy sent again goes through the queue outside the sums") {
  House house;
  house.add("again@a.example");
  const auto id = house.sending();
  Sender sender{house};
  sender.deliver(sender.claim()[0]);
  const auto before = house.sums(id);
  REQUIRE(house.ledger.resend("weekly", "again@a.example", "operator", house.clock.now()));
  CHECK(test::next_due(*house.database) == house.clock.now());
  const auto claimed = sender.claim();
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].key.notice != 0);
  sender.deliver(claimed[0]);
  CHECK(house.sums(id) == before);
  CHECK(sender.claim().empty());
  const auto attempts = house.ledger.stories(claimed[0].key.subscriber)[0].attempts;
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[1].notice != 0);
}

TEST_CASE("who leaves while the mail is on the wire gets no second try") {
  for (const auto kind : {OutcomeKind::deferred, OutcomeKind::in_doubt}) {
    House house;
    const auto leaver = house.add("leaver@a.example");
    const auto id = house.sending();
    Sender sender{house};
    const auto claimed = sender.claim();
    REQUIRE(sender.begin(claimed[0]));
    house.ledger.unsubscribe(leaver, {}, "reader", "link", house.clock.now());
    sender.record(claimed[0], kind, 451);
    CHECK(house.sums(id) == IssueSums{.cancelled = 1});
    CHECK(house.state(id) == IssueState::sent);
    CHECK_FALSE(test::next_due(*house.database));
  }
}

TEST_CASE("who is suppressed while the mail is on the wire is not put back by a lost session") {
  House house;
  house.add("bad@a.example");
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  REQUIRE(sender.begin(claimed[0]));
  house.ledger.suppress(*mail::parse_address("bad@a.example"),
                        subscribers::SuppressionReason::asked, "operator", house.clock.now());
  sender.queue.transact([&] { sender.queue.release(claimed[0].claim(), house.clock.now()); });
  CHECK(house.sums(id) == IssueSums{.cancelled = 1});
  CHECK(house.state(id) == IssueState::sent);
}

TEST_CASE("a cancelled issue keeps nobody waiting for a second try") {
  House house;
  house.add_readers(2);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  for (const auto& one : claimed) REQUIRE(sender.begin(one));
  REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
  sender.record(claimed[0], OutcomeKind::deferred, 451);
  sender.record(claimed[1], OutcomeKind::delivered);
  CHECK(house.sums(id) == IssueSums{.accepted = 1, .cancelled = 1});
  CHECK(house.state(id) == IssueState::cancelled);
}

TEST_CASE("a copy sent again is not tried twice to a reader who left meanwhile") {
  House house;
  const auto reader = house.add("again@a.example");
  house.sending();
  Sender sender{house};
  sender.deliver(sender.claim()[0]);
  REQUIRE(house.ledger.resend("weekly", "again@a.example", "operator", house.clock.now()));
  const auto copy = sender.claim();
  REQUIRE(sender.begin(copy[0]));
  house.ledger.unsubscribe(reader, {}, "reader", "link", house.clock.now());
  sender.record(copy[0], OutcomeKind::deferred, 451);
  CHECK_FALSE(test::next_due(*house.database));
}

TEST_CASE("leaving beside a claim in one transaction does not end the issue early") {
  House house;
  const auto leaver = house.add("leaver@a.example");
  house.add("doubt@a.example");
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  REQUIRE(sender.begin(claimed[1]));
  sender.record(claimed[1], OutcomeKind::in_doubt, 0);
  house.clock.advance(1min);
  sender.queue.transact([&] {
    CHECK(test::claim(sender.queue, house.clock.now(), 10).size() == 1);
    house.ledger.unsubscribe(leaver, {}, "reader", "link", house.clock.now());
  });
  CHECK(house.state(id) == IssueState::sending);
}

TEST_CASE("who was not served is counted by reason, the commonest first") {
  House house;
  house.add_readers(5);
  const auto id = house.sending();
  Sender sender{house};
  const auto claimed = sender.claim();
  sender.deliver(claimed[0]);
  for (std::size_t i = 1; i < 4; ++i) sender.record(claimed[i], OutcomeKind::refused, 550);
  sender.record(claimed[4], OutcomeKind::deferred, 450);
  const auto reasons = house.ledger.shortfalls(id);
  REQUIRE(reasons.size() == 2);
  CHECK(reasons[0].state == DeliveryState::bounced);
  CHECK(reasons[0].readers == 3);
  CHECK(reasons[0].code == 550);
  CHECK(reasons[1].state == DeliveryState::queued);
  CHECK(reasons[1].readers == 1);
}

TEST_CASE("a start looks only at the rows that were on the wire") {
  House house;
  auto plan =
      house.database->prepare("EXPLAIN QUERY PLAN SELECT 1 FROM deliveries WHERE state = 2");
  REQUIRE(plan.step());
  CHECK(plan.text(3).find("deliveries_sending") != std::string::npos);
}

TEST_CASE("claims of millions go by an index") {
  House house;
  auto plan = house.database->prepare(
      "EXPLAIN QUERY PLAN SELECT subscriber_id FROM deliveries d WHERE d.issue_id = 1 AND "
      "d.pacing_group = 2 AND d.due <= 5 AND (d.due, d.subscriber_id) > (3, 4) "
      "AND d.state IN (0, 7) AND d.due IS NOT NULL ORDER BY d.due, d.subscriber_id");
  REQUIRE(plan.step());
  CHECK(plan.text(3).find("deliveries_due") != std::string::npos);
  CHECK(plan.text(3).find("(due,subscriber_id)>(?,?)") != std::string::npos);
  CHECK_FALSE(plan.step());  // no sort of its own
}

TEST_CASE("whether an issue is done is seen without a look at who has been served") {
  House house;
  auto plan = house.database->prepare("EXPLAIN QUERY PLAN " + std::string(store::settle_sql));
  while (plan.step()) CHECK(plan.text(3).find("PRIMARY KEY (issue_id") == std::string::npos);
}

TEST_CASE("the sums close at every step of whatever happens") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    House house;
    std::mt19937 random(seed);
    const auto pick = [&](int below) {
      return static_cast<int>(random() % static_cast<unsigned>(below));
    };
    constexpr int readers = 12;
    house.add_readers(readers);
    const auto id = house.sending();
    auto sender = std::make_unique<Sender>(Sender{house});
    std::vector<queue::Claimed> claimed, begun;
    std::set<std::string> gone;
    for (int step = 0; step < 300; ++step) {
      const auto now = house.clock.now();
      const auto someone = "reader" + std::to_string(pick(readers)) + "@readers.example";
      switch (pick(12)) {
        case 0:
        case 1:
          for (auto& one : sender->claim(static_cast<std::size_t>(1 + pick(4))))
            claimed.push_back(one);
          break;
        case 2:
        case 3:
          if (claimed.empty()) break;
          if (sender->begin(claimed.back())) {
            CHECK_FALSE(gone.contains(claimed.back().email));
            begun.push_back(claimed.back());
          }
          claimed.pop_back();
          break;
        case 4:
        case 5: {
          if (begun.empty()) break;
          constexpr std::array outcomes{OutcomeKind::delivered, OutcomeKind::deferred,
                                        OutcomeKind::refused, OutcomeKind::in_doubt};
          sender->record(begun.back(), outcomes[static_cast<std::size_t>(pick(4))], 450);
          begun.pop_back();
          break;
        }
        case 6:
          if (claimed.empty()) break;
          sender->queue.transact([&] { sender->queue.release(claimed.back().claim(), now); });
          claimed.pop_back();
          break;
        case 7:
          if (pick(3) != 0) break;  // else all have left before much has happened
          house.ledger.unsubscribe(house.subscribers.find(someone)->id, {}, "reader", "link", now);
          gone.insert(someone);
          break;
        case 10:
          if (pick(6) != 0) break;
          house.ledger.suppress(*mail::parse_address(someone),
                                subscribers::SuppressionReason::asked, "operator", now);
          gone.insert(someone);
          break;
        case 11:
          if (pick(40) == 0) (void)house.ledger.cancel("weekly", "operator", now);
          break;
        case 8:
          if (pick(2) == 0)
            (void)house.ledger.pause("weekly", "operator", now);
          else
            (void)house.ledger.resume("weekly", "operator", now);
          break;
        case 9:
          house.clock.advance(std::chrono::minutes(pick(90)));
          if (pick(4) != 0) break;
          sender.reset();  // a crash: what was claimed or begun is forgotten
          sender = std::make_unique<Sender>(Sender{house});
          claimed.clear();
          begun.clear();
          break;
      }
      const auto sums = house.sums(id);
      CHECK(sums.audience() == readers);
      CHECK(sums == house.counted(id));
      const auto state = house.state(id);
      if (state == IssueState::sent || state == IssueState::cancelled) CHECK(sums.deferred == 0);
      if (state == IssueState::sent) CHECK(sums.pending == 0);
    }
  }
}

TEST_CASE("a process that is killed in the middle of its work loses nobody") {
  House house;
  house.add_readers(200);
  const auto id = house.sending();
  for (int kill = 0; kill < 5; ++kill) {
    const pid_t child = ::fork();
    if (child == 0) {
      // The child has a connection of its own, and dies wherever it is.
      auto database = store::Database::open(house.file(), store::OpenMode::read_write).value();
      store::SqliteQueue queue(*database, test::policy(), house.clock.now());
      const auto now = house.clock.now();
      for (int i = 0;; ++i) {
        std::vector<queue::Claimed> claimed;
        queue.transact([&] { claimed = test::claim(queue, now, 3); });
        for (const auto& one : claimed) {
          queue.transact([&] { queue.begin_sending(one.claim(), now); });
          if (i == 5 + kill) ::kill(::getpid(), SIGKILL);
          const Outcome outcome{OutcomeKind::delivered, Scope::recipient, {250, "", ""}};
          queue.transact([&] {
            queue.record(one.claim(), {now, now, "r", outcome},
                         queue::after(one.delivery, outcome, now, test::policy()));
          });
        }
      }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
  }
  Sender sender{house};
  CHECK(house.sums(id) == house.counted(id));
  CHECK(house.sums(id).audience() == 200);
  for (;;) {
    const auto claimed = sender.claim();
    if (claimed.empty()) break;
    for (const auto& one : claimed) sender.deliver(one);
  }
  CHECK(house.sums(id) == IssueSums{.accepted = 200});
  CHECK(house.state(id) == IssueState::sent);
}
