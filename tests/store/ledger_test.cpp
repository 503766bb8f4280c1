#include "store/ledger.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "house.h"
#include "store/slots.h"
#include "support/text.h"

using namespace postrider;
using namespace std::chrono_literals;
using queue::IssueState;
using test::has;
using test::House;

namespace {

std::vector<std::string> kinds(const std::vector<store::Event>& events) {
  std::vector<std::string> all;
  for (const auto& event : events) all.push_back(event.kind);
  return all;
}

store::DraftRecord draft_record() {
  store::DraftRecord record;
  record.slug = "a";
  record.title = "One";
  record.path = "a.md";
  record.lists = {"report"};
  return record;
}

}  // namespace

TEST_CASE("lists are made once and keep their random ids") {
  House house;
  const auto before = house.ledger.lists();
  house.ledger.know_lists({"report", "new"});
  const auto after = house.ledger.lists();
  REQUIRE(before.size() == 2);
  REQUIRE(after.size() == 3);
  CHECK(before[0].uid == after[0].uid);
  CHECK(before[0].uid != before[1].uid);
}

TEST_CASE("a draft's row follows its file, and each change of state is an event") {
  House house;
  auto record = draft_record();
  const auto id = house.ledger.put_draft(record, "daemon", house.clock.now());
  record.title = "Two";
  CHECK(house.ledger.put_draft(record, "daemon", house.clock.now()) == id);
  record.state = IssueState::rejected;
  record.note = "why";
  house.ledger.put_draft(record, "daemon", house.clock.now());
  const auto issue = house.ledger.find_issue("a");
  REQUIRE(issue);
  CHECK(issue->title == "Two");
  CHECK(issue->note == "why");
  CHECK(house.ledger.find_issue_by_path("a.md")->id == id);
  CHECK(kinds(house.ledger.events_of(id)) ==
        std::vector<std::string>{"issue.draft", "issue.rejected"});
}

TEST_CASE("issues come in the order of what needs a look first") {
  House house;
  const auto put = [&](const std::string& slug, IssueState state, std::chrono::hours in) {
    auto record = draft_record();
    record.slug = slug;
    record.ready = state != IssueState::draft;
    record.state = state;
    if (record.ready) record.scheduled_at = house.clock.now() + in;
    return house.ledger.put_draft(record, "daemon", house.clock.now());
  };
  for (const auto* slug : {"sent first", "sent last"}) {
    house.sending(slug);  // to nobody: sent at once
    house.clock.advance(1h);
  }
  put("draft", IssueState::draft, 0h);
  put("tomorrow", IssueState::scheduled, 24h);
  put("held", IssueState::held, 1h);
  put("today", IssueState::scheduled, 1h);
  house.add("reader@a.example");
  house.sending("sending");
  std::string order;
  for (const auto& issue : house.ledger.issues()) order += issue.slug + ", ";
  CHECK(order == "sending, today, tomorrow, held, draft, sent last, sent first, ");
}

TEST_CASE("the freeze takes who is confirmed, and counts everybody else by reason") {
  House house;
  house.add("both@a.example");
  house.add("both@a.example", "digest");
  house.add("digest@a.example", "digest");
  const auto left = house.add("left@a.example");
  house.ledger.unsubscribe(left, {}, "reader", "link", house.clock.now());
  house.add("bounced@a.example");
  house.ledger.suppress(*mail::parse_address("bounced@a.example"),
                        subscribers::SuppressionReason::bounced, "daemon", house.clock.now());
  house.add("pending@a.example");
  house.database->execute(
      "UPDATE subscriptions SET state = 0 WHERE subscriber_id = "
      "(SELECT id FROM subscribers WHERE email = 'pending@a.example')");
  const auto id = house.sending("weekly", {"digest", "report"});
  const auto issue = *house.ledger.find_issue(id);
  CHECK(issue.sums.audience() == 2);
  CHECK(issue.sums.pending == 2);
  CHECK(issue.excluded == std::map<std::string, std::int64_t>{
                              {"suppressed", 1}, {"unconfirmed", 1}, {"unsubscribed", 1}});
  auto query = house.database->prepare(
      "SELECT count(*) FROM deliveries WHERE list_id = (SELECT id FROM lists WHERE key = "
      "'digest')");
  query.step();
  CHECK(query.integer(0) == 2);  // who is on both gets the first named list's mail
}

TEST_CASE("an issue is frozen once, and what was frozen comes back as it was") {
  House house;
  house.add_readers(2);
  const auto id = house.sending();
  CHECK(house.freeze(id) == store::Freeze::refused);
  const auto frozen = house.ledger.frozen(id);
  REQUIRE(frozen);
  CHECK(frozen->content.html == "<p>Hello</p>");
  REQUIRE(frozen->content.images.size() == 1);
  CHECK(frozen->content.images[0].bytes == "png");
  CHECK(frozen->masthead.lists.at("report") == "The Report");
}

TEST_CASE("an issue that nobody gets is sent at once") {
  House house;
  const auto id = house.sending();
  CHECK(house.state(id) == IssueState::sent);
  CHECK(house.ledger.find_issue(id)->finished_at);
}

TEST_CASE("a sent slug is never scheduled again, and the reason tells what to do") {
  House house;
  house.sending("once");
  const auto again =
      house.ledger.schedule("once", house.clock.now(), "operator", house.clock.now());
  REQUIRE_FALSE(again);
  CHECK(has(again.error().message, "a slug is sent once"));
  CHECK_THROWS_AS(house.scheduled("once"), std::logic_error);
}

TEST_CASE("only what is ready can be scheduled by hand") {
  House house;
  house.ledger.put_draft(draft_record(), "daemon", house.clock.now());
  const auto now = house.clock.now();
  const auto refused = house.ledger.schedule("a", now, "operator", now);
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().message, "write status: ready in a.md"));
  CHECK_FALSE(house.ledger.schedule("none", now, "operator", now));
}

TEST_CASE("a held issue goes on when an operator gives it a time") {
  House house;
  const auto id = house.scheduled();
  house.ledger.hold(id, "too late", "daemon", house.clock.now());
  CHECK(house.ledger.due_issues(house.clock.now()).empty());
  const auto at = house.clock.now() + 1h;
  REQUIRE(house.ledger.schedule("weekly", at, "operator", house.clock.now()));
  CHECK(house.state(id) == IssueState::scheduled);
  CHECK(house.ledger.find_issue(id)->chosen_at == at);
  CHECK(house.ledger.due_issues(at).size() == 1);
  CHECK(house.ledger.find_issue(id)->scheduled_at == at);
}

TEST_CASE("a draft whose file is gone is not due until it is back") {
  House house;
  const auto id = house.scheduled();
  house.ledger.set_missing(id, true, house.clock.now());
  CHECK(house.ledger.due_issues(house.clock.now()).empty());
  house.ledger.set_missing(id, false, house.clock.now());
  CHECK(house.ledger.due_issues(house.clock.now()).size() == 1);
}

TEST_CASE("pause and resume go back to where the issue was") {
  House house;
  house.add_readers(1);
  const auto waiting = house.scheduled("waiting");
  const auto running = house.sending("running");
  for (const char* slug : {"waiting", "running"}) {
    REQUIRE(house.ledger.pause(slug, "operator", house.clock.now()));
    CHECK_FALSE(house.ledger.pause(slug, "operator", house.clock.now()));
    REQUIRE(house.ledger.resume(slug, "operator", house.clock.now()));
    CHECK_FALSE(house.ledger.resume(slug, "operator", house.clock.now()));
  }
  CHECK(house.state(waiting) == IssueState::scheduled);
  CHECK(house.state(running) == IssueState::sending);
}

TEST_CASE("cancelling ends an issue for who has not got it, and the sums close") {
  House house;
  house.add_readers(3);
  const auto id = house.sending();
  REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
  CHECK(house.sums(id) == queue::IssueSums{.cancelled = 3});
  CHECK(house.sums(id) == house.counted(id));
  CHECK_FALSE(house.ledger.cancel("weekly", "operator", house.clock.now()));
}

TEST_CASE("an issue cancelled before its start can be scheduled again, and has not finished") {
  House house;
  house.add_readers(1);
  const auto id = house.scheduled();
  REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
  CHECK(house.ledger.due_issues(house.clock.now()).empty());
  REQUIRE(house.ledger.schedule("weekly", house.clock.now(), "operator", house.clock.now()));
  CHECK_FALSE(house.ledger.find_issue(id)->finished_at);
  CHECK(house.ledger.due_issues(house.clock.now()).size() == 1);
}

TEST_CASE("an issue that was cancelled on its way is not scheduled again") {
  House house;
  house.add_readers(1);
  house.sending();
  REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
  const auto now = house.clock.now();
  const auto refused = house.ledger.schedule("weekly", now, "operator", now);
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().message, "was started on"));
  CHECK_FALSE(house.ledger.pause("weekly", "operator", now));
  CHECK_FALSE(house.ledger.resume("weekly", "operator", now));
}

TEST_CASE("an operator moves an issue only where its state allows it") {
  struct Row {
    IssueState state;
    bool schedule, pause, resume, cancel;
  };
  for (const auto& row : {Row{IssueState::draft, true, false, false, true},
                          Row{IssueState::scheduled, true, true, false, true},
                          Row{IssueState::held, true, false, false, true},
                          Row{IssueState::rejected, false, false, false, true}}) {
    const auto fresh = [&](House& house) {
      auto record = draft_record();
      record.ready = true;
      record.state = row.state;
      house.ledger.put_draft(record, "daemon", house.clock.now());
    };
    CAPTURE(std::string(to_string(row.state)));
    House house;
    const auto now = house.clock.now();
    fresh(house);
    CHECK(house.ledger.resume("a", "operator", now).has_value() == row.resume);
    CHECK(house.ledger.pause("a", "operator", now).has_value() == row.pause);
    fresh(house);
    CHECK(house.ledger.schedule("a", now, "operator", now).has_value() == row.schedule);
    fresh(house);
    CHECK(house.ledger.cancel("a", "operator", now).has_value() == row.cancel);
    CHECK_FALSE(house.ledger.cancel("a", "operator", now));
  }
}

TEST_CASE("suppressing twice is told once") {
  House house;
  const auto reader = house.add("x@a.example");
  for (int i = 0; i < 2; ++i)
    house.ledger.suppress(*mail::parse_address("x@a.example"),
                          subscribers::SuppressionReason::asked, "operator", house.clock.now());
  const auto told = kinds(house.ledger.events_of(reader));
  CHECK(std::count(told.begin(), told.end(), "subscriber.suppressed") == 1);
}

TEST_CASE("who leaves while an issue is under way gets none of it") {
  House house;
  house.add_readers(2);
  const auto leaver = house.add("leaver@a.example");
  const auto id = house.sending();
  CHECK(house.ledger.unsubscribe(leaver, {}, "reader", "link", house.clock.now()));
  CHECK_FALSE(house.ledger.unsubscribe(leaver, {}, "reader", "link", house.clock.now()));
  CHECK(house.sums(id) == queue::IssueSums{.cancelled = 1, .pending = 2});
  CHECK(house.subscribers.find("leaver@a.example")->subscriptions[0].state ==
        subscribers::SubscriptionState::unsubscribed);
  CHECK(kinds(house.ledger.events_of(leaver)).back() == "subscriber.unsubscribed");
}

TEST_CASE("leaving one list leaves the other, and the mail of the other") {
  House house;
  const auto reader = house.add("both@a.example");
  house.add("both@a.example", "digest");
  const auto id = house.sending("weekly", {"report"});
  const auto digest = house.ledger.lists()[1].id;
  CHECK(house.ledger.unsubscribe(reader, digest, "reader", "link", house.clock.now()));
  CHECK(house.sums(id).pending == 1);
}

TEST_CASE("the last one to leave an issue under way makes it sent") {
  House house;
  const auto reader = house.add("only@a.example");
  const auto id = house.sending();
  house.ledger.unsubscribe(reader, {}, "reader", "link", house.clock.now());
  CHECK(house.state(id) == IssueState::sent);
}

TEST_CASE("a copy is sent again to a confirmed reader only, outside the sums") {
  House house;
  const auto now = house.clock.now();
  house.add("here@a.example");
  const auto left = house.add("left@a.example");
  const auto id = house.sending();
  const auto before = house.sums(id);
  house.ledger.unsubscribe(left, {}, "reader", "link", now);
  CHECK(house.ledger.resend("weekly", "here@a.example", "operator", now));
  CHECK_FALSE(house.ledger.resend("weekly", "left@a.example", "operator", now));
  CHECK_FALSE(house.ledger.resend("weekly", "stranger@a.example", "operator", now));
  house.ledger.suppress(*mail::parse_address("here@a.example"),
                        subscribers::SuppressionReason::asked, "operator", now);
  CHECK_FALSE(house.ledger.resend("weekly", "here@a.example", "operator", now));
  CHECK(house.sums(id).audience() == before.audience());
}

TEST_CASE("recipients come page by page, every one once") {
  House house;
  house.add_readers(2500);
  const auto id = house.sending();
  std::set<std::string> emails;
  int rows = 0;
  house.ledger.recipients(id, [&](const store::Recipient& recipient) {
    emails.insert(recipient.email);
    ++rows;
  });
  CHECK(rows == 2500);
  CHECK(emails.size() == 2500);
}

TEST_CASE("the first scan is done once and stays done") {
  House house;
  CHECK_FALSE(house.ledger.first_scan_done());
  house.ledger.set_first_scan_done(house.clock.now());
  house.ledger.set_first_scan_done(house.clock.now());
  CHECK(house.ledger.first_scan_done());
}

TEST_CASE("an operator's time is taken back, for a slot or for what the draft says") {
  House house;
  const auto issue = house.scheduled();
  const auto now = house.clock.now();
  REQUIRE(house.ledger.schedule("weekly", now + 5h, "operator", now));
  REQUIRE(house.ledger.schedule_by_draft("weekly", now + 2h, "operator", now));
  CHECK(house.ledger.find_issue(issue)->scheduled_at == now + 2h);
  CHECK_FALSE(house.ledger.find_issue(issue)->chosen_at);
  CHECK_FALSE(store::Slots(*house.database).goes_by_slot(issue));
  house.ledger.hold(issue, "why", "daemon", now, "again");
  REQUIRE(house.ledger.schedule_by_draft("weekly", {}, "operator", now));
  CHECK(house.state(issue) == IssueState::draft);
  CHECK_FALSE(house.ledger.find_issue(issue)->scheduled_at);
  CHECK(house.ledger.find_issue(issue)->is_released("again"));
  CHECK(store::Slots(*house.database).goes_by_slot(issue));
  REQUIRE(house.ledger.cancel("weekly", "operator", now));
  REQUIRE(house.ledger.schedule_by_draft("weekly", {}, "operator", now));
  house.ledger.set_missing(issue, true, now);
  CHECK_FALSE(house.ledger.schedule_by_draft("weekly", {}, "operator", now));
}

TEST_CASE("an operator's time that counts no more is forgotten with an event, once") {
  House house;
  const auto issue = house.scheduled();
  const auto now = house.clock.now();
  REQUIRE(house.ledger.schedule("weekly", now + 5h, "operator", now));
  for (int times = 0; times < 2; ++times)
    house.ledger.forget_chosen_time(*house.ledger.find_issue(issue), "it is another", now);
  CHECK_FALSE(house.ledger.find_issue(issue)->chosen_at);
  auto query = house.database->prepare(
      "SELECT count(*) FROM events WHERE kind = 'issue.unscheduled' AND detail LIKE "
      "'%, which an operator chose, counts no more: it is another'");
  query.step();
  CHECK(query.integer(0) == 1);
}
