// What came back: store/reports.h and store/bounces.h.
#include "store/reports.h"

#include <doctest/doctest.h>

#include "store/house.h"

using namespace postrider;
using namespace postrider::store;
using mail::Finding;
using mail::ReportKind;
using subscribers::SubscriptionState;

namespace {

Finding finding(ReportKind kind, const std::string& reason) {
  Finding finding;
  finding.kind = kind;
  finding.reason = reason;
  return finding;
}
Finding unknown() { return finding(ReportKind::hard, "unknown_mailbox"); }
Finding full() { return finding(ReportKind::soft, "full"); }
Finding complaint() { return finding(ReportKind::complaint, "complaint"); }

struct Desk : test::House {
  explicit Desk(const subscribers::BouncePolicy& rules = {}) : policy(rules) {}

  subscribers::BouncePolicy policy;
  Reports reports{*database, policy};
  Bounces bounces{*database, policy};
  int messages = 0;

  /// An issue that everybody has got, a week after the last.
  IssueId sent(const std::string& slug) {
    clock.advance(std::chrono::hours(24 * 7));
    const auto issue = sending(slug);
    SqliteQueue queue(*database, test::policy(), clock.now());
    queue.transact([&] {
      for (const auto& claimed : test::claim(queue, clock.now(), 1000)) {
        REQUIRE(queue.begin_sending(claimed.claim(), clock.now()));
        queue.record(
            claimed.claim(),
            {clock.now(), clock.now(), "main", {queue::OutcomeKind::delivered, {}, {250, "", ""}}},
            {{queue::DeliveryState::accepted, 1, 0, clock.now()}, {}});
      }
    });
    return issue;
  }

  MailOf mail(IssueId issue, const std::string& email = "ann@a.example") {
    return {subscribers.find(email)->id, issue, 0, ListId{1}};
  }

  Arrival arrival(const Finding& finding, const std::optional<MailOf>& mail) {
    Arrival arrival{"mailbox", sha256(std::to_string(++messages)), "the message", {}, mail};
    arrival.report.findings = {finding};
    return arrival;
  }

  Taken take(const Finding& finding, const std::optional<MailOf>& mail) {
    return reports.take(arrival(finding, mail), clock.now());
  }

  std::vector<subscribers::Subscription> subscriptions() {
    return subscribers.find("ann@a.example")->subscriptions;
  }

  std::string suppressed(const std::string& email = "ann@a.example") {
    const auto reason = subscribers.find(email)->suppressed;
    return reason ? std::string(to_string(*reason)) : "no";
  }

  std::vector<Bounce> all(const BounceFilter& filter = {}) {
    std::vector<Bounce> all;
    bounces.each(filter, [&](const Bounce& bounce) { all.push_back(bounce); });
    return all;
  }

  std::uint64_t uid(IssueId issue) { return ledger.find_issue(issue)->uid; }
};

}  // namespace

TEST_CASE("a mail that comes back as undeliverable is bounced, its address not mailed again") {
  Desk desk;
  desk.add("ann@a.example");
  desk.add("bob@b.example");
  const auto issue = desk.sent("weekly");
  CHECK(desk.take(unknown(), desk.mail(issue)) == Taken::matched);
  CHECK(desk.suppressed() == "bounced");
  CHECK(desk.suppressed("bob@b.example") == "no");
  CHECK(desk.sums(issue).accepted == 1);
  CHECK(desk.sums(issue).bounced == 1);
  CHECK(desk.sums(issue) == desk.counted(issue));
  const auto all = desk.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].email == "ann@a.example");
  CHECK(all[0].issue == "weekly");
  CHECK(all[0].source == "mailbox");
  CHECK(all[0].finding.reason == "unknown_mailbox");
  CHECK(all[0].effect == (counted | delivery | suppressed));
}

TEST_CASE("a report that is read twice counts once") {
  Desk desk;
  desk.add("ann@a.example");
  const auto issue = desk.sent("weekly");
  const auto arrival = desk.arrival(full(), desk.mail(issue));
  CHECK(desk.reports.take(arrival, desk.clock.now()) == Taken::matched);
  CHECK(desk.reports.take(arrival, desk.clock.now()) == Taken::known);
  CHECK(desk.all().size() == 1);
}

TEST_CASE("a report of no mail of ours changes nothing and is kept in full") {
  Desk desk;
  desk.add("ann@a.example");
  const auto issue = desk.sent("weekly");
  auto finding = unknown();
  finding.recipient = "ann@a.example";
  CHECK(desk.take(finding, {}) == Taken::kept);
  CHECK(desk.suppressed() == "no");
  CHECK(desk.sums(issue).bounced == 0);
  CHECK(desk.reports.next_kept(0)->message == "the message");
  CHECK(desk.all({.unmatched = true}).size() == 1);
}

TEST_CASE("a full mailbox is given up by its fifth issue, and by a later mail it begins anew") {
  Desk desk({.full_within = std::chrono::hours(24 * 300)});
  desk.add("ann@a.example");
  for (int i = 1; i <= 4; ++i) {
    desk.take(full(), desk.mail(desk.sent("full" + std::to_string(i))));
    CHECK(desk.suppressed() == "no");
  }
  desk.sent("read");  // of this one nothing came back
  desk.take(full(), desk.mail(desk.sent("full5")));
  CHECK(desk.suppressed() == "no");
  for (int i = 6; i <= 9; ++i) desk.take(full(), desk.mail(desk.sent("full" + std::to_string(i))));
  CHECK(desk.suppressed() == "bounced");
}

TEST_CASE("who complains has left at once, all lists, and is not mailed again") {
  Desk desk;
  desk.add("ann@a.example");
  desk.add("ann@a.example", "digest");
  const auto issue = desk.sent("weekly");
  CHECK(desk.take(complaint(), desk.mail(issue)) == Taken::matched);
  CHECK(desk.suppressed() == "complained");
  for (const auto& subscription : desk.subscriptions())
    CHECK(subscription.state == SubscriptionState::unsubscribed);
  CHECK(desk.sums(issue).accepted == 1);
}

TEST_CASE("what a report did can be taken back") {
  Desk desk;
  desk.add("ann@a.example");
  desk.add("ann@a.example", "digest");
  const auto before = desk.subscribers.find("ann@a.example");
  const auto issue = desk.sent("weekly");
  SUBCASE("a failure") { desk.take(unknown(), desk.mail(issue)); }
  SUBCASE("a complaint") { desk.take(complaint(), desk.mail(issue)); }
  CHECK(desk.suppressed() != "no");
  CHECK(desk.reports.undo(1, desk.clock.now()));
  CHECK(desk.suppressed() == "no");
  const auto after = desk.subscribers.find("ann@a.example");
  REQUIRE(after->subscriptions.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(after->subscriptions[i].state == SubscriptionState::confirmed);
    CHECK(after->subscriptions[i].since == before->subscriptions[i].since);
  }
  CHECK_FALSE(after->left_all_at);
  CHECK(desk.sums(issue).accepted == 1);
  CHECK(desk.sums(issue) == desk.counted(issue));
  CHECK_FALSE(desk.reports.undo(1, desk.clock.now()));
  CHECK_FALSE(desk.reports.undo(7, desk.clock.now()));
}

TEST_CASE("what was taken back is no strike any more") {
  Desk desk;
  desk.add("ann@a.example");
  auto disabled = full();
  disabled.reason = "disabled";
  desk.take(disabled, desk.mail(desk.sent("one")));
  REQUIRE(desk.reports.undo(1, desk.clock.now()));
  desk.take(disabled, desk.mail(desk.sent("two")));
  CHECK(desk.suppressed() == "no");
}

TEST_CASE("a mail to the address in the header leaves the list") {
  Desk desk;
  desk.add("ann@a.example");
  desk.add("ann@a.example", "digest");
  const auto issue = desk.sent("weekly");
  auto arrival = desk.arrival({}, desk.mail(issue));
  arrival.leaves = true;
  CHECK(desk.reports.take(arrival, desk.clock.now()) == Taken::left);
  for (const auto& subscription : desk.subscriptions())
    CHECK((subscription.state == SubscriptionState::unsubscribed) ==
          (subscription.list == "report"));
  CHECK(desk.ledger.events_of(desk.subscribers.find("ann@a.example")->id).back().detail ==
        "mail to the unsubscribe address: report");
}

TEST_CASE("a person's reply is told from a report, and neither is lost") {
  Desk desk;
  desk.add("ann@a.example");
  const auto issue = desk.sent("weekly");
  auto reply = desk.arrival({}, desk.mail(issue));
  reply.report.from_person = true;
  CHECK(desk.reports.take(reply, desk.clock.now()) == Taken::person);
  auto stray = desk.arrival({}, {});
  stray.report.from_person = true;
  CHECK(desk.reports.take(stray, desk.clock.now()) == Taken::kept);
}

TEST_CASE("of several recipients of one report the reader counts") {
  Desk desk;
  desk.add("ann@a.example");
  const auto issue = desk.sent("weekly");
  auto arrival = desk.arrival(unknown(), desk.mail(issue));
  arrival.report.findings[0].recipient = "other@c.example";
  auto mine = full();
  mine.recipient = "Ann@A.example";
  arrival.report.findings.push_back(mine);
  CHECK(desk.reports.take(arrival, desk.clock.now()) == Taken::matched);
  CHECK(desk.suppressed() == "no");
  CHECK(desk.all()[0].finding.reason == "full");
}

TEST_CASE("a report whose recipients fare differently, none of them the reader, decides nothing") {
  Desk desk;
  desk.add("ann@a.example");
  auto arrival = desk.arrival(unknown(), desk.mail(desk.sent("weekly")));
  arrival.report.findings.push_back(full());
  CHECK(desk.reports.take(arrival, desk.clock.now()) == Taken::kept);
  CHECK(desk.suppressed() == "no");
}

TEST_CASE("what was kept is judged again, and is then done") {
  Desk desk;
  desk.add("ann@a.example");
  const auto issue = desk.sent("weekly");
  desk.take({}, desk.mail(issue));
  const auto kept = desk.reports.next_kept(0);
  REQUIRE(kept);
  CHECK_FALSE(desk.reports.replay(kept->id, desk.arrival({}, desk.mail(issue)), desk.clock.now()));
  CHECK(desk.reports.replay(kept->id, desk.arrival(unknown(), desk.mail(issue)), desk.clock.now()));
  CHECK(desk.suppressed() == "bounced");
  CHECK_FALSE(desk.reports.next_kept(0));
  CHECK(desk.all().size() == 1);
}

TEST_CASE("a mail is found by the beginning of its reader's random id") {
  Desk desk;
  desk.add("ann@a.example");
  desk.add("bob@b.example");
  const auto issue = desk.sent("weekly");
  const auto uid = desk.subscribers.find("bob@b.example")->uid;
  CHECK(find_mail(*desk.database, return_claims(desk.uid(issue), uid)) ==
        desk.mail(issue, "bob@b.example"));
  CHECK_FALSE(find_mail(*desk.database, return_claims(desk.uid(issue) + 1, uid)));
  CHECK_FALSE(find_mail(*desk.database, return_claims(desk.uid(issue), Uid{})));
}

TEST_CASE(
    "many mailboxes of one domain that are gone at once are not believed before somebody asks") {
  Desk desk;
  for (int i = 0; i < 20; ++i) desk.add("r" + std::to_string(i) + "@a.example");
  desk.add("bob@b.example");
  const auto issue = desk.sent("weekly");
  const auto reader = [](int i) { return "r" + std::to_string(i) + "@a.example"; };
  for (int i = 0; i < 9; ++i) desk.take(unknown(), desk.mail(issue, reader(i)));
  CHECK(desk.suppressed(reader(8)) == "bounced");
  for (int i = 9; i < 12; ++i) desk.take(unknown(), desk.mail(issue, reader(i)));
  desk.take(unknown(), desk.mail(issue, "bob@b.example"));
  for (int i = 0; i < 12; ++i) CHECK(desk.suppressed(reader(i)) == "no");
  CHECK(desk.suppressed("bob@b.example") == "bounced");
  CHECK(desk.sums(issue).bounced == 13);
  const auto breakers = desk.bounces.breakers();
  REQUIRE(breakers.size() == 1);
  CHECK(breakers[0].domain == "a.example");
  CHECK(breakers[0].reason == "10 of 20 readers are reported gone within 24 hours");
  CHECK(breakers[0].withheld == 12);
  SUBCASE("and then they are suppressed") {
    desk.database->transact(
        [&] { CHECK(desk.bounces.release("a.example", true, desk.clock.now()) == 12); });
    for (int i = 0; i < 12; ++i) CHECK(desk.suppressed(reader(i)) == "bounced");
  }
  SUBCASE("or mailed on, without a strike") {
    desk.database->transact([&] {
      CHECK(desk.bounces.release("a.example", false, desk.clock.now()) == 12);
      CHECK_FALSE(desk.bounces.release("a.example", false, desk.clock.now()));
    });
    for (int i = 0; i < 12; ++i) CHECK(desk.suppressed(reader(i)) == "no");
  }
  CHECK(desk.bounces.breakers().empty());
}
