// What came back: store/reports.h and store/bounces.h.
#include "store/reports.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "store/erased.h"
#include "store/erasure.h"
#include "store/house.h"
#include "store/operator_news.h"
#include "store/rates.h"
#include "store/suppressions.h"

using namespace postrider;
using namespace postrider::store;
using mail::Finding;
using mail::ReportKind;
using subscribers::SubscriptionState;

namespace {

Finding finding_of(ReportKind kind, const std::string& reason) {
  Finding finding;
  finding.kind = kind;
  finding.reason = reason;
  return finding;
}
Finding unknown() { return finding_of(ReportKind::hard, "unknown_mailbox"); }
Finding full() { return finding_of(ReportKind::soft, "full"); }
Finding complaint() { return finding_of(ReportKind::complaint, "complaint"); }

struct Office : test::House {
  explicit Office(const subscribers::BouncePolicy& rules = {}) : policy(rules) {}

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

  Filed take(const Finding& finding, const std::optional<MailOf>& mail) {
    return reports.take(arrival(finding, mail), clock.now());
  }

  std::vector<subscribers::Subscription> subscriptions() {
    return subscribers.find("ann@a.example")->subscriptions;
  }

  std::string suppressed(const std::string& email = "ann@a.example") {
    const auto reason = subscribers.find(email)->suppressed;
    return reason ? std::string(to_string(*reason)) : "no";
  }

  std::vector<Recipient> recipients(IssueId issue) {
    std::vector<Recipient> recipients;
    ledger.recipients(issue, [&](const Recipient& one) { recipients.push_back(one); });
    return recipients;
  }

  void erase(const std::string& email) {
    const Fingerprints prints(TokenKeys({{1, std::string(32, 'k')}}), erased_use);
    store::erase(*database, prints, *mail::parse_address(email), "operator", clock.now());
  }

  std::vector<Bounce> all(const BounceFilter& filter = {}) {
    std::vector<Bounce> all;
    bounces.each(filter, [&](const Bounce& bounce) { all.push_back(bounce); });
    return all;
  }

  /// How many readers.
  std::optional<std::int64_t> release(const std::string& name, bool suppress) {
    std::optional<Breakers::Released> released;
    database->transact(
        [&] { released = Breakers(*database).release(name, suppress, clock.now()); });
    return released ? std::optional(released->readers) : std::nullopt;
  }

  std::uint64_t uid(IssueId issue) { return ledger.find_issue(issue)->uid; }
};

}  // namespace

TEST_CASE("a mail that comes back as undeliverable is bounced, its address not mailed again") {
  Office office;
  office.add("ann@a.example");
  office.add("bob@b.example");
  const auto issue = office.sent("weekly");
  CHECK(office.take(unknown(), office.mail(issue)) == Filed::matched);
  CHECK(office.suppressed() == "bounced");
  CHECK(office.suppressed("bob@b.example") == "no");
  CHECK(office.sums(issue).accepted == 1);
  CHECK(office.sums(issue).bounced == 1);
  CHECK(office.sums(issue) == office.counted(issue));
  const auto all = office.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].email == "ann@a.example");
  CHECK(all[0].issue == "weekly");
  CHECK(all[0].source == "mailbox");
  CHECK(all[0].finding.reason == "unknown_mailbox");
  CHECK(all[0].effects == (effect::counted | effect::delivery | effect::suppressed));
}

TEST_CASE(
    "issue and recipients tell the reason that came back, not that the mail was taken before") {
  Office office;
  office.add("ann@a.example");
  office.add("bob@b.example");
  const auto issue = office.sent("weekly");
  auto gone = unknown();
  gone.status = "5.1.1";
  gone.text = "no such user";
  office.clock.advance(std::chrono::hours(1));
  office.take(gone, office.mail(issue));
  const auto recipient = [&] {
    auto recipients = office.recipients(issue);
    REQUIRE(recipients.size() == 2);
    CHECK(recipients[1].code == 250);
    return recipients[0];
  };
  CHECK(recipient().code == 0);
  CHECK(recipient().enhanced == "5.1.1");
  CHECK(recipient().reply == "no such user");
  CHECK(recipient().time == office.clock.now());
  auto reasons = office.ledger.shortfalls(issue);
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].state == queue::DeliveryState::bounced);
  CHECK(reasons[0].code == 0);
  CHECK(reasons[0].enhanced == "5.1.1");
  CHECK(reasons[0].reply == "no such user");
  SUBCASE("until it is taken back") {
    REQUIRE(office.reports.undo(1, office.clock.now()));
    CHECK(recipient().code == 250);
    CHECK(office.ledger.shortfalls(issue).empty());
  }
  SUBCASE("nor where its reader was erased") {
    office.erase("ann@a.example");
    CHECK(recipient().code == 0);
    CHECK(recipient().reply == erased_text);
    reasons = office.ledger.shortfalls(issue);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].code == 0);
    CHECK(reasons[0].reply == erased_text);
  }
}

TEST_CASE("a report that is read twice counts once") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  const auto arrival = office.arrival(full(), office.mail(issue));
  CHECK(office.reports.take(arrival, office.clock.now()) == Filed::matched);
  CHECK(office.reports.take(arrival, office.clock.now()) == Filed::known);
  CHECK(office.all().size() == 1);
}

TEST_CASE("a report of no mail of ours changes nothing and is kept in full") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  auto finding = unknown();
  finding.recipient = "ann@a.example";
  CHECK(office.take(finding, {}) == Filed::kept);
  CHECK(office.suppressed() == "no");
  CHECK(office.sums(issue).bounced == 0);
  CHECK(office.reports.next_kept(0)->message == "the message");
  CHECK(office.all({.unmatched = true}).size() == 1);
}

TEST_CASE("a full mailbox is given up by its fifth issue, and by a later mail it begins anew") {
  Office office({.full_within = std::chrono::hours(24 * 300)});
  office.add("ann@a.example");
  for (int i = 1; i <= 4; ++i) {
    office.take(full(), office.mail(office.sent("full" + std::to_string(i))));
    CHECK(office.suppressed() == "no");
  }
  office.sent("read");  // of this one nothing came back
  office.take(full(), office.mail(office.sent("full5")));
  CHECK(office.suppressed() == "no");
  for (int i = 6; i <= 9; ++i)
    office.take(full(), office.mail(office.sent("full" + std::to_string(i))));
  CHECK(office.suppressed() == "bounced");
}

TEST_CASE("a mailbox that is full until the mail is given up counts as one that is reported full") {
  Office office({.full = 2});
  office.add("ann@a.example");
  const queue::Outcome mailbox_full{
      queue::OutcomeKind::deferred, queue::Scope::recipient, {452, "4.2.2", "mailbox full"}};
  const auto offer = [&](const queue::Outcome& outcome) {
    SqliteQueue queue(*office.database, test::policy(), office.clock.now(), office.policy);
    queue.transact([&] {
      for (const auto& claimed : test::claim(queue, office.clock.now(), 10)) {
        REQUIRE(queue.begin_sending(claimed.claim(), office.clock.now()));
        queue.record(claimed.claim(), {office.clock.now(), office.clock.now(), "main", outcome},
                     queue::after(claimed.delivery, outcome, office.clock.now(), test::policy()));
      }
    });
    office.clock.advance(test::policy().give_up_after);
  };
  const auto first = office.sending("one");
  offer(mailbox_full);
  CHECK(office.all().empty());
  offer(mailbox_full);
  CHECK(office.sums(first).failed == 1);
  REQUIRE(office.all().size() == 1);
  CHECK(office.all()[0].finding.reason == "full");
  CHECK(office.all()[0].effects == effect::counted);
  CHECK(Rates(*office.database).worst_domains(first).empty());
  SUBCASE("twice") {
    office.sending("two");
    offer(mailbox_full);
    offer(mailbox_full);
    CHECK(office.suppressed() == "bounced");
  }
  SUBCASE("unless a later try of it arrives") {
    REQUIRE(office.ledger.retry("one", "operator", office.clock.now()));
    offer({queue::OutcomeKind::delivered, {}, {250, "", ""}});
    office.sending("two");
    offer(mailbox_full);
    offer(mailbox_full);
    CHECK(office.suppressed() == "no");
  }
}

TEST_CASE("who complains has left at once, all lists, and is not mailed again") {
  Office office;
  office.add("ann@a.example");
  office.add("ann@a.example", "digest");
  const auto issue = office.sent("weekly");
  CHECK(office.take(complaint(), office.mail(issue)) == Filed::matched);
  CHECK(office.suppressed() == "complained");
  for (const auto& subscription : office.subscriptions())
    CHECK(subscription.state == SubscriptionState::unsubscribed);
  CHECK(office.sums(issue).accepted == 1);
}

TEST_CASE(
    "who is suppressed as gone and complains stays so, whatever becomes of the first report") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  office.take(unknown(), office.mail(issue));
  office.clock.advance(std::chrono::hours(24));
  office.take(complaint(), office.mail(issue));
  CHECK(office.suppressed() == "complained");
  SUBCASE("the failure is taken back") {
    REQUIRE(office.reports.undo(1, office.clock.now()));
    CHECK(office.suppressed() == "complained");
  }
  SUBCASE("the complaint is taken back") {
    REQUIRE(office.reports.undo(2, office.clock.now()));
    CHECK(office.suppressed() == "bounced");
    REQUIRE(office.reports.undo(1, office.clock.now()));
    CHECK(office.suppressed() == "no");
  }
  SUBCASE("nor is the failure brought back that was removed by hand") {
    remove_suppression(*office.database, *mail::parse_address("ann@a.example"), "operator",
                       office.clock.now());
    office.clock.advance(std::chrono::hours(24));
    office.take(complaint(), office.mail(issue));
    REQUIRE(office.reports.undo(3, office.clock.now()));
    CHECK(office.suppressed() == "no");
  }
}

TEST_CASE("what a report did can be taken back") {
  Office office;
  office.add("ann@a.example");
  office.add("ann@a.example", "digest");
  const auto before = office.subscribers.find("ann@a.example");
  const auto issue = office.sent("weekly");
  SUBCASE("a failure") { office.take(unknown(), office.mail(issue)); }
  SUBCASE("a complaint") { office.take(complaint(), office.mail(issue)); }
  const auto reason = office.suppressed();
  CHECK(reason != "no");
  CHECK(office.reports.undo(1, office.clock.now()));
  CHECK(office.suppressed() == "no");
  const auto story = Ledger(*office.database).events_of(before->id);
  const auto undone =
      std::ranges::find(story, "subscriber.suppression_undone", &store::Event::kind);
  REQUIRE(undone != story.end());
  CHECK(undone->detail == reason);
  CHECK(story.back().kind == "mail.return_undone");
  CHECK(story.back().detail == (reason == "bounced" ? "report 1: the delivery is accepted again"
                                                    : "report 1: on the lists again"));
  const auto after = office.subscribers.find("ann@a.example");
  REQUIRE(after->subscriptions.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(after->subscriptions[i].state == SubscriptionState::confirmed);
    CHECK(after->subscriptions[i].since == before->subscriptions[i].since);
  }
  CHECK_FALSE(after->left_all_at);
  CHECK(office.sums(issue).accepted == 1);
  CHECK(office.sums(issue) == office.counted(issue));
  CHECK_FALSE(office.reports.undo(1, office.clock.now()));
  CHECK_FALSE(office.reports.undo(7, office.clock.now()));
}

TEST_CASE("a second report of the same mail takes over from one that is taken back") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  const auto check = [&](const mail::Finding& finding, const std::string& suppressed) {
    const auto before = office.subscribers.find("ann@a.example")->subscriptions;
    office.take(finding, office.mail(issue));
    office.take(finding, office.mail(issue));
    const auto counted = office.sums(issue);
    const auto returned = Rates(*office.database).of(issue);
    const auto left = office.subscribers.find("ann@a.example")->left_all_at.has_value();
    const auto first = office.reports.undo(1, office.clock.now());
    REQUIRE(first);
    CHECK(first->standing == std::vector<std::int64_t>{2});
    CHECK(office.suppressed() == suppressed);
    CHECK(office.sums(issue) == counted);
    CHECK(office.sums(issue) == office.counted(issue));
    CHECK(Rates(*office.database).of(issue).bounced == returned.bounced);
    CHECK(Rates(*office.database).of(issue).complaints == returned.complaints);
    CHECK(office.subscribers.find("ann@a.example")->left_all_at.has_value() == left);
    const auto second = office.reports.undo(2, office.clock.now());
    REQUIRE(second);
    CHECK(second->standing.empty());
    CHECK(office.suppressed() == "no");
    CHECK(office.sums(issue).accepted == 1);
    CHECK(Rates(*office.database).of(issue).bounced == 0);
    CHECK(Rates(*office.database).of(issue).complaints == 0);
    CHECK(office.subscribers.find("ann@a.example")->subscriptions[0].state == before[0].state);
    CHECK(office.subscribers.find("ann@a.example")->subscriptions[0].since == before[0].since);
  };
  SUBCASE("of a mailbox that is gone") { check(unknown(), "bounced"); }
  SUBCASE("of one that counts alone") { check(full(), "no"); }
  SUBCASE("of a refusal for the sender's sake") {
    check(finding_of(ReportKind::policy, "reputation"), "no");
  }
  SUBCASE("of a complaint") { check(complaint(), "complained"); }
}

TEST_CASE("what stands unchanged is not told as following anew") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  office.take(unknown(), office.mail(issue));
  office.take(unknown(), office.mail(issue));
  const auto undone = office.reports.undo(2, office.clock.now());
  REQUIRE(undone);
  CHECK(undone->standing.empty());
  CHECK(office.suppressed() == "bounced");
  CHECK(office.sums(issue).bounced == 1);
}

TEST_CASE("a delivery that was in doubt is so again when its report is taken back") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sending("weekly");
  {
    SqliteQueue queue(*office.database, test::policy(), office.clock.now());
    queue.transact([&] {
      const auto claimed = test::claim(queue, office.clock.now(), 1);
      REQUIRE(queue.begin_sending(claimed.at(0).claim(), office.clock.now()));
      queue.record(
          claimed[0].claim(),
          {office.clock.now(), office.clock.now(), "main", {queue::OutcomeKind::in_doubt, {}, {}}},
          {{queue::DeliveryState::in_doubt, 1, 0, office.clock.now()}, {}});
    });
  }
  office.take(unknown(), office.mail(issue));
  CHECK(office.sums(issue).bounced == 1);
  REQUIRE(office.reports.undo(1, office.clock.now()));
  CHECK(office.sums(issue).in_doubt == 1);
  CHECK(office.sums(issue) == office.counted(issue));
}

TEST_CASE("what was taken back is no strike any more") {
  Office office;
  office.add("ann@a.example");
  auto disabled = full();
  disabled.reason = "disabled";
  office.take(disabled, office.mail(office.sent("one")));
  REQUIRE(office.reports.undo(1, office.clock.now()));
  office.take(disabled, office.mail(office.sent("two")));
  CHECK(office.suppressed() == "no");
}

TEST_CASE("a mail to the address in the header leaves the list") {
  Office office;
  office.add("ann@a.example");
  office.add("ann@a.example", "digest");
  const auto issue = office.sent("weekly");
  auto arrival = office.arrival({}, office.mail(issue));
  arrival.leaves = true;
  CHECK(office.reports.take(arrival, office.clock.now()) == Filed::left);
  for (const auto& subscription : office.subscriptions())
    CHECK((subscription.state == SubscriptionState::unsubscribed) ==
          (subscription.list == "report"));
  CHECK(office.ledger.events_of(office.subscribers.find("ann@a.example")->id).back().detail ==
        "mail that asks to leave: report");
}

TEST_CASE("a person's reply is told from a report, and neither is lost") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  auto reply = office.arrival({}, office.mail(issue));
  reply.report.from_person = true;
  CHECK(office.reports.take(reply, office.clock.now()) == Filed::person);
  auto stray = office.arrival({}, {});
  stray.report.from_person = true;
  CHECK(office.reports.take(stray, office.clock.now()) == Filed::kept);
  REQUIRE(office.all({.kind = ReportKind::unrecognised}).size() == 2);
  CHECK(office.all()[1].email == "ann@a.example");
  CHECK(office.reports.next_kept(0)->id == 1);
  CHECK(office.reports.next_kept(1)->id == 2);
}

TEST_CASE("what came back is told in its reader's story, not in the issue's nor in the log") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  office.take(unknown(), office.mail(issue));
  const auto told = [](const std::vector<Event>& events) {
    return std::ranges::count_if(events,
                                 [](const Event& event) { return event.kind == "mail.returned"; });
  };
  Ledger ledger(*office.database);
  CHECK(told(ledger.events_of(office.subscribers.find("ann@a.example")->id)) == 1);
  CHECK(told(ledger.events_of(issue)) == 0);
  CHECK(told(ledger.events_to_tell(0)) == 0);
}

TEST_CASE("of several recipients of one report the reader counts") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  auto arrival = office.arrival(unknown(), office.mail(issue));
  arrival.report.findings[0].recipient = "other@c.example";
  auto mine = full();
  mine.recipient = "Ann@A.example";
  arrival.report.findings.push_back(mine);
  CHECK(office.reports.take(arrival, office.clock.now()) == Filed::matched);
  CHECK(office.suppressed() == "no");
  CHECK(office.all()[0].finding.reason == "full");
}

TEST_CASE("where a reader's address is a list, a member who is gone is not the reader") {
  Office office;
  office.add("ann@a.example");
  auto arrival = office.arrival(unknown(), office.mail(office.sent("weekly")));
  arrival.report.findings.push_back(full());
  SUBCASE("Postfix names the members") {
    for (auto& finding : arrival.report.findings) finding.original = "ann@a.example";
    arrival.report.findings[0].recipient = "gone@b.example";
    arrival.report.findings[1].recipient = "full@c.example";
  }
  SUBCASE("Exim names the list") {
    for (auto& finding : arrival.report.findings) finding.recipient = "ann@a.example";
  }
  CHECK(office.reports.take(arrival, office.clock.now()) == Filed::matched);
  CHECK(office.suppressed() == "no");
  CHECK(office.all()[0].finding.reason == "full");
}

TEST_CASE("a report whose recipients fare differently, none of them the reader, decides nothing") {
  Office office;
  office.add("ann@a.example");
  auto arrival = office.arrival(unknown(), office.mail(office.sent("weekly")));
  arrival.report.findings.push_back(full());
  CHECK(office.reports.take(arrival, office.clock.now()) == Filed::kept);
  CHECK(office.suppressed() == "no");
}

TEST_CASE("a proven report that nobody understands is its reader's, and goes with them") {
  Office office;
  office.add("ann@a.example");
  office.take({}, office.mail(office.sent("weekly")));
  CHECK(office.all({.email = mail::parse_address("ann@a.example")->canonical()}).size() == 1);
  CHECK(office.all({.issue = "weekly"}).size() == 1);
  CHECK(office.all({.unmatched = true}).empty());
  office.erase("ann@a.example");
  CHECK_FALSE(office.reports.next_kept(0));
}

TEST_CASE("what was kept is judged again, and is then done") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  office.take({}, office.mail(issue));
  const auto kept = office.reports.next_kept(0);
  REQUIRE(kept);
  CHECK_FALSE(
      office.reports.replay(kept->id, office.arrival({}, office.mail(issue)), office.clock.now()));
  CHECK(office.reports.replay(kept->id, office.arrival(unknown(), office.mail(issue)),
                              office.clock.now()));
  CHECK(office.suppressed() == "bounced");
  CHECK_FALSE(office.reports.next_kept(0));
  CHECK(office.all().size() == 1);
}

TEST_CASE("what was taken back is not judged again") {
  Office office;
  office.add("ann@a.example");
  office.take({}, office.mail(office.sent("weekly")));
  REQUIRE(office.reports.undo(1, office.clock.now()));
  CHECK_FALSE(office.reports.next_kept(0));
}

TEST_CASE("what another replay has done meanwhile is not done again") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  office.take({}, office.mail(issue));
  const auto now = office.clock.now();
  CHECK(office.reports.replay(1, office.arrival(unknown(), office.mail(issue)), now));
  CHECK_FALSE(office.reports.replay(1, office.arrival(unknown(), office.mail(issue)), now));
  CHECK(office.all()[0].effects == (effect::counted | effect::delivery | effect::suppressed));
}

TEST_CASE("what is judged again counts as of when it came") {
  Office office;
  for (int i = 0; i < 10; ++i) office.add("r" + std::to_string(i) + "@a.example");
  const auto issue = office.sent("weekly");
  const auto mail = [&](int i) {
    return office.mail(issue, "r" + std::to_string(i) + "@a.example");
  };
  const auto came = office.clock.now();
  for (int i = 0; i < 10; ++i) office.take({}, mail(i));
  office.clock.advance(std::chrono::hours(24 * 10));
  for (int i = 0; i < 10; ++i)
    office.reports.replay(i + 1, office.arrival(unknown(), mail(i)), office.clock.now());
  for (const auto& bounce : office.all()) CHECK(bounce.at == came);
  CHECK(Breakers(*office.database).held().empty());
  CHECK(find_suppression(*office.database, *mail::parse_address("r0@a.example"))->at ==
        office.clock.now());
  CHECK(office.suppressed("r0@a.example") == "bounced");
  REQUIRE(office.reports.undo(1, office.clock.now()));
  CHECK(office.suppressed("r0@a.example") == "no");
}

TEST_CASE("days on which a domain was not there are told apart when they are judged again") {
  Office office;
  office.add("ann@a.example");
  const auto bad = finding_of(ReportKind::hard, "bad_domain");
  std::vector<MailOf> mails;
  for (const auto* slug : {"one", "two", "three"}) {
    mails.push_back(office.mail(office.sent(slug)));
    office.take({}, mails.back());
  }
  for (int i = 0; i < 3; ++i)
    office.reports.replay(i + 1, office.arrival(bad, mails[static_cast<std::size_t>(i)]),
                          office.clock.now());
  CHECK(office.suppressed() == "bounced");
}

TEST_CASE("what is kept can be let go of, by number or by age") {
  Office office;
  office.add("ann@a.example");
  const auto issue = office.sent("weekly");
  const auto old = office.arrival({}, office.mail(issue));
  CHECK(office.reports.take(old, office.clock.now()) == Filed::kept);
  office.clock.advance(std::chrono::hours(24));
  office.take({}, {});
  office.take(unknown(), office.mail(issue));
  SUBCASE("by age") {
    for (int i = 0; i < 50; ++i) office.take({}, {});
    office.clock.advance(std::chrono::hours(1));
    CHECK(office.reports.forget_older(office.clock.now() - std::chrono::hours(2)) == 1);
    CHECK(office.reports.next_kept(0)->id == 2);
    CHECK(office.reports.forget_older(office.clock.now()) == 51);
    CHECK_FALSE(office.reports.next_kept(0));
  }
  SUBCASE("by number") {
    CHECK(office.reports.forget(1));
    CHECK_FALSE(office.reports.forget(1));
    CHECK_FALSE(office.reports.forget(3));
    CHECK_FALSE(office.reports.forget(9));
    CHECK(office.all({.kind = ReportKind::unrecognised}).size() == 2);
    CHECK(office.all({.kept = true}).size() == 1);
    CHECK(office.reports.take(old, office.clock.now()) == Filed::known);
  }
  SUBCASE("but not of what is being sent on") {
    auto reply = office.arrival({}, office.mail(issue));
    reply.report.from_person = true;
    reply.forward_to = mail::parse_address("joe@report.example").value();
    CHECK(office.reports.take(reply, office.clock.now()) == Filed::forwarded);
    CHECK_FALSE(office.reports.forget(4));
    office.clock.advance(std::chrono::hours(1));
    CHECK(office.reports.forget_older(office.clock.now()) == 2);
  }
}

TEST_CASE("a mail is found by the beginning of its reader's random id") {
  Office office;
  office.add("ann@a.example");
  office.add("bob@b.example");
  const auto issue = office.sent("weekly");
  const auto uid = office.subscribers.find("bob@b.example")->uid;
  CHECK(find_mail(*office.database, return_claims(office.uid(issue), uid)) ==
        office.mail(issue, "bob@b.example"));
  CHECK_FALSE(find_mail(*office.database, return_claims(office.uid(issue) + 1, uid)));
  CHECK_FALSE(find_mail(*office.database, return_claims(office.uid(issue), Uid{})));
}

TEST_CASE(
    "many mailboxes of one domain that are gone at once are not believed before somebody asks") {
  Office office;
  for (int i = 0; i < 20; ++i) office.add("r" + std::to_string(i) + "@a.example");
  office.add("bob@b.example");
  const auto issue = office.sent("weekly");
  const auto reader = [](int i) { return "r" + std::to_string(i) + "@a.example"; };
  for (int i = 0; i < 9; ++i) office.take(unknown(), office.mail(issue, reader(i)));
  CHECK(office.suppressed(reader(8)) == "bounced");
  for (int i = 9; i < 12; ++i) office.take(unknown(), office.mail(issue, reader(i)));
  office.take(unknown(), office.mail(issue, "bob@b.example"));
  for (int i = 0; i < 12; ++i) CHECK(office.suppressed(reader(i)) == "no");
  CHECK(office.suppressed("bob@b.example") == "bounced");
  CHECK(office.sums(issue).bounced == 13);
  const auto breakers = Breakers(*office.database).held();
  REQUIRE(breakers.size() == 1);
  CHECK(breakers[0].domain == "a.example");
  CHECK(breakers[0].reason == "10 of 20 readers are reported gone within 24 hours");
  CHECK(breakers[0].withheld == 12);
  const auto news = test::news_of(*office.database, OperatorEvent::breaker);
  REQUIRE(news.size() == 1);
  CHECK(news[0].starts_with("a.example: 10 of 20 readers are reported gone within 24 hours"));
  CHECK(news[0].find("`postrider bounce release a.example`") != std::string::npos);
  SUBCASE("and then they are suppressed") {
    office.clock.advance(std::chrono::hours(1));
    CHECK(office.release("a.example", true) == 12);
    for (int i = 0; i < 12; ++i) CHECK(office.suppressed(reader(i)) == "bounced");
    REQUIRE(office.reports.undo(1, office.clock.now()));
    CHECK(office.suppressed(reader(0)) == "no");
    office.clock.advance(std::chrono::hours(24 * 6));
    for (int i = 13; i < 20; ++i) office.take(unknown(), office.mail(issue, reader(i)));
    for (int i = 20; i < 40; ++i) office.add("r" + std::to_string(i) + "@a.example");
    const auto next = office.sending("next");
    for (int i = 20; i < 40; ++i) office.take(unknown(), office.mail(next, reader(i)));
    CHECK(office.suppressed(reader(39)) == "bounced");
  }
  SUBCASE("or mailed on, without a strike") {
    CHECK(office.release("a.example", false) == 12);
    CHECK_FALSE(office.release("a.example", false));
    for (int i = 0; i < 12; ++i) CHECK(office.suppressed(reader(i)) == "no");
  }
  CHECK(Breakers(*office.database).held().empty());
  // One more is not the same again.
  office.take(unknown(), office.mail(issue, reader(12)));
  CHECK(office.suppressed(reader(12)) == "bounced");
}
