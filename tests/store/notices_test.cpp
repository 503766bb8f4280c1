#include "store/notices.h"

#include <doctest/doctest.h>

#include "house.h"
#include "store/sqlite_queue.h"

using namespace postrider;
using namespace postrider::store;
using namespace std::chrono_literals;
using queue::DeliveryState;
using queue::NoticeKind;
using test::House;

namespace {

const queue::Outcome delivered{
    queue::OutcomeKind::delivered, queue::Scope::recipient, {250, "", "taken"}};

void send(queue::Store& queue, const queue::Claimed& claimed, const queue::Outcome& outcome,
          Instant now) {
  queue.transact([&] {
    REQUIRE(queue.begin_sending(claimed.claim(), now));
    queue.record(claimed.claim(), {now, now, "primary", outcome},
                 queue::after(claimed.delivery, outcome, now, test::policy()));
  });
}

std::vector<queue::Claimed> claim_all(SqliteQueue& queue, Instant now) {
  std::vector<queue::Claimed> claimed;
  queue.transact([&] { claimed = test::claim(queue, now, 100); });
  return claimed;
}

struct Desk : House {
  SqliteQueue queue{*database, test::policy(), clock.now()};
  Notices notices{*database};
  SubscriberId ann = add("ann@a.example");
};

}  // namespace

TEST_CASE("a notice goes to its subscriber's address, with what its kind needs") {
  Desk desk;
  const auto uid =
      desk.notices.make({.kind = NoticeKind::erase, .subscriber = desk.ann}, desk.clock.now());
  const auto claimed = claim_all(desk.queue, desk.clock.now());
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].email == "ann@a.example");
  REQUIRE(claimed[0].notice);
  CHECK(claimed[0].notice->kind == NoticeKind::erase);
  CHECK(claimed[0].notice->uid == uid);
}

TEST_CASE("a notice to another address, or to nobody on the list, goes there") {
  Desk desk;
  const auto elsewhere = *mail::parse_address("ann@new.example");
  desk.notices.make(
      {.kind = NoticeKind::change_address, .subscriber = desk.ann, .address = elsewhere},
      desk.clock.now());
  desk.notices.make({.kind = NoticeKind::address_changed, .address = elsewhere}, desk.clock.now());
  const auto claimed = claim_all(desk.queue, desk.clock.now());
  REQUIRE(claimed.size() == 2);
  CHECK(claimed[0].email == "ann@new.example");
  CHECK(claimed[1].key.subscriber == SubscriberId{0});
  send(desk.queue, claimed[0], delivered, desk.clock.now());
  send(desk.queue, claimed[1], delivered, desk.clock.now());
  const auto told = desk.notices.of(desk.ann);
  REQUIRE(told.size() == 1);
  CHECK(told[0].to == "ann@new.example");
  CHECK(told[0].state == DeliveryState::accepted);
  REQUIRE(told[0].attempts.size() == 1);
  CHECK(told[0].attempts[0].outcome.reply.text == "taken");
}

TEST_CASE("a notice goes before all deliveries, and one that may wait behind the others") {
  Desk desk;
  desk.sending();
  desk.notices.make({.kind = NoticeKind::erase, .subscriber = desk.ann, .may_wait = true},
                    desk.clock.now() - 1min);
  desk.notices.make({.kind = NoticeKind::change_address, .subscriber = desk.ann}, desk.clock.now());
  const auto claimed = claim_all(desk.queue, desk.clock.now());
  REQUIRE(claimed.size() == 3);
  CHECK(claimed[0].notice->kind == NoticeKind::change_address);
  CHECK(claimed[1].notice->kind == NoticeKind::erase);
  CHECK_FALSE(claimed[2].notice);
}

TEST_CASE("a claim of notices alone leaves the deliveries") {
  Desk desk;
  desk.sending();
  desk.notices.make({.kind = NoticeKind::erase, .subscriber = desk.ann}, desk.clock.now());
  test::OpenGate gate;
  queue::Taken taken;
  desk.queue.transact([&] { taken = desk.queue.claim_notices(desk.clock.now(), 10, gate); });
  REQUIRE(taken.claimed.size() == 1);
  CHECK(taken.claimed[0].notice);
}

TEST_CASE("a notice is tried again when it was deferred, however its reader's issues stand") {
  Desk desk;
  desk.sending();
  REQUIRE(desk.ledger.pause("weekly", "operator", desk.clock.now()));
  desk.notices.make({.kind = NoticeKind::erase, .subscriber = desk.ann}, desk.clock.now());
  const queue::Outcome deferred{
      queue::OutcomeKind::deferred, queue::Scope::recipient, {451, "", "later"}};
  send(desk.queue, claim_all(desk.queue, desk.clock.now()).at(0), deferred, desk.clock.now());
  CHECK(desk.notices.sums(desk.clock.now()).waiting == 1);
  CHECK(claim_all(desk.queue, desk.clock.now()).empty());
  desk.clock.advance(2min);
  send(desk.queue, claim_all(desk.queue, desk.clock.now()).at(0), delivered, desk.clock.now());
  CHECK(desk.notices.sums(desk.clock.now()).waiting == 0);
  CHECK(desk.notices.of(desk.ann).at(0).attempts.size() == 2);
}

TEST_CASE("a notice cut off in the middle is in doubt at the next start") {
  Desk desk;
  desk.notices.make(
      {.kind = NoticeKind::address_changed, .address = *mail::parse_address("x@y.example")},
      desk.clock.now());
  const auto claimed = claim_all(desk.queue, desk.clock.now());
  desk.queue.transact([&] { desk.queue.begin_sending(claimed.at(0).claim(), desk.clock.now()); });
  SqliteQueue next(*desk.database, test::policy(), desk.clock.now());
  const auto again = claim_all(next, desk.clock.now());
  REQUIRE(again.size() == 1);
  CHECK(again[0].delivery.resends == 1);
}

TEST_CASE("who leaves gets no more notices of the list, but what they asked for by themselves") {
  Desk desk;
  const auto list = desk.ledger.lists().at(0).id;
  desk.notices.make({.kind = NoticeKind::welcome, .subscriber = desk.ann, .list = list},
                    desk.clock.now());
  desk.notices.make({.kind = NoticeKind::erase, .subscriber = desk.ann}, desk.clock.now());
  desk.ledger.unsubscribe(desk.ann, {}, "reader", "link", desk.clock.now());
  const auto claimed = claim_all(desk.queue, desk.clock.now());
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].notice->kind == NoticeKind::erase);
}

TEST_CASE("the holder of a token finds its notice, and nobody finds one that is not there") {
  Desk desk;
  const auto uid = desk.notices.make({.kind = NoticeKind::change_address,
                                      .subscriber = desk.ann,
                                      .address = *mail::parse_address("ann@new.example"),
                                      .detail = R"({"a":1})"},
                                     desk.clock.now());
  const auto found = desk.notices.find(uid);
  REQUIRE(found);
  CHECK(found->subscriber == desk.ann);
  CHECK(found->address == "ann@new.example");
  CHECK(found->detail == R"({"a":1})");
  CHECK_FALSE(desk.notices.find(uid + 1));
}
