#include "store/approvals.h"

#include "house.h"
#include "operator_news.h"
#include "store/previews.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::store;
using namespace std::chrono_literals;
using queue::IssueState;
using test::has;

namespace {

struct Registry : test::House {
  IssueId id = scheduled();
  Approvals approvals{*database};

  queue::Issue issue() { return ledger.find_issue(id).value(); }
  ApprovalOrder order(bool by_operator = true) {
    return {.slug = "weekly",
            .source_hash = issue().source_hash,
            .shown = {"content", "readers", issue().scheduled_at},
            .by = "ann",
            .by_operator = by_operator};
  }
  void hold(const std::string& guards = "approval") {
    ledger.hold(id, "why", "daemon", clock.now(), guards);
  }
  std::string kinds() {
    std::string all;
    for (const auto& event : ledger.events_of(id)) all += event.kind + " ";
    return all;
  }
};

}  // namespace

TEST_CASE("an approval is of content, readers and time, by somebody, and an event") {
  Registry house;
  const auto before = house.issue();
  const auto issue = house.approvals.approve(house.order(), house.clock.now());
  REQUIRE(issue);
  CHECK(issue->state == IssueState::scheduled);
  CHECK(issue->scheduled_at == before.scheduled_at);
  CHECK_FALSE(issue->chosen_at);
  const auto given = house.approvals.of(house.id).value();
  CHECK(given.covered == Covered{"content", "readers", before.scheduled_at});
  CHECK(given.shown() == given.covered);
  CHECK(given.by == "ann");
  CHECK(given.at == house.clock.now());
  CHECK(given.stands());
  CHECK(has(house.kinds(), "issue.approved"));
}

TEST_CASE("what is not as it was shown any more is not approved") {
  Registry house;
  auto edited = house.order();
  edited.source_hash = "other";
  CHECK(has(house.approvals.approve(edited, house.clock.now()).error().message, "edited"));
  auto moved = house.order();
  moved.shown.time = house.clock.now() + 1h;
  CHECK(has(house.approvals.approve(moved, house.clock.now()).error().message, "time"));
  CHECK_FALSE(house.approvals.of(house.id));
}

TEST_CASE("what has no time, is cancelled, or has started is not approved, and says so") {
  Registry house;
  auto order = house.order();
  SUBCASE("no time") {
    house.database->execute("UPDATE issues SET state = 0, scheduled_at = NULL");
    order.shown.time.reset();
    CHECK(has(house.approvals.approve(order, house.clock.now()).error().message,
              "`postrider approve weekly --now`"));
    order.at_once = true;
    CHECK(house.approvals.approve(order, house.clock.now())->state == IssueState::scheduled);
    return;
  }
  SUBCASE("cancelled") {
    REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now()));
    CHECK(has(house.approvals.approve(order, house.clock.now()).error().message, "is cancelled"));
  }
  SUBCASE("started") {
    REQUIRE(house.freeze(house.id) == Freeze::done);
    CHECK(has(house.approvals.approve(order, house.clock.now()).error().message, "was started"));
  }
  CHECK_FALSE(house.approvals.of(house.id));
}

TEST_CASE("an approval lets go what was held for want of it, at once where its time has come") {
  Registry house;
  house.hold();
  house.clock.advance(1h);
  const auto order = house.order(false);
  const auto issue = house.approvals.approve(order, house.clock.now());
  REQUIRE(issue);
  CHECK(issue->state == IssueState::scheduled);
  CHECK(issue->scheduled_at == house.clock.now());
  const auto given = house.approvals.of(house.id).value();
  CHECK(given.covered.time == house.clock.now());
  CHECK(given.shown() == order.shown);  // the link that approved it is still known
}

TEST_CASE("an approval of a held issue whose time is to come leaves that time to its draft") {
  Registry house;
  house.hold();
  const auto later = house.clock.now() + 1h;
  house.database->prepare("UPDATE issues SET scheduled_at = ?").bind(later).run();
  const auto issue = house.approvals.approve(house.order(), house.clock.now());
  REQUIRE(issue);
  CHECK(issue->state == IssueState::scheduled);
  CHECK(issue->scheduled_at == later);
  CHECK_FALSE(issue->chosen_at);
}

TEST_CASE("what another guard holds, too, is let go by the operator's word alone") {
  Registry house;
  house.hold("approval content");
  REQUIRE(house.approvals.approve(house.order(false), house.clock.now()));
  CHECK(house.issue().state == IssueState::held);
  REQUIRE(house.approvals.approve(house.order(true), house.clock.now()));
  CHECK(house.issue().state == IssueState::scheduled);
  CHECK(house.issue().is_released("content"));
}

TEST_CASE("a reviewer's word that comes too late is kept, and the issue stays held as late") {
  Registry house;
  house.hold();
  auto order = house.order(false);
  order.too_late = "its time was 3 days ago";
  REQUIRE(house.approvals.approve(order, house.clock.now()));
  CHECK(house.issue().state == IssueState::held);
  CHECK(house.issue().note == "its time was 3 days ago");
  CHECK(house.approvals.of(house.id)->stands());
  auto word = house.order(true);
  CHECK(house.approvals.approve(word, house.clock.now())->state == IssueState::scheduled);
}

TEST_CASE("a void approval is kept with its reason, and told once: an event and a mail") {
  Registry house;
  REQUIRE(house.approvals.approve(house.order(), house.clock.now()));
  house.clock.advance(1min);
  for (int i = 0; i < 2; ++i)
    house.approvals.make_void(house.issue(), "its text has changed since", house.clock.now());
  const auto given = house.approvals.of(house.id).value();
  CHECK_FALSE(given.stands());
  CHECK(given.void_at == house.clock.now());
  CHECK(given.void_why == "its text has changed since");
  CHECK(house.kinds() == "issue.scheduled issue.approved issue.approval_void ");
  const auto news = test::news_of(*house.database, OperatorEvent::approval_void);
  REQUIRE(news.size() == 1);
  CHECK(has(news[0], "the approval by ann is void: its text has changed since"));
  REQUIRE(house.approvals.approve(house.order(), house.clock.now()));
  CHECK(house.approvals.of(house.id)->stands());
}

TEST_CASE("a preview is due at once, then no sooner than the pause, and the last change always") {
  Registry house;
  Previews previews(*house.database);
  const std::vector<mail::Address> reviewers{*mail::parse_address("ann@report.example"),
                                             *mail::parse_address("bob@report.example")};
  const auto look = [&](const std::string& digest) {
    previews.see(house.id, digest, false);
    const auto due = previews.due(5min, house.clock.now());
    for (const auto issue : due) previews.show(issue, reviewers, house.clock.now());
    return due.size();
  };
  CHECK(look("1") == 1);
  CHECK(look("1") == 0);
  house.clock.advance(1min);
  CHECK(look("2") == 0);
  house.clock.advance(1min);
  CHECK(look("3") == 0);
  house.clock.advance(3min);
  CHECK(look("3") == 1);  // once for both changes
  house.clock.advance(24h);
  CHECK(look("3") == 0);
  auto notices = house.database->prepare("SELECT count(*) FROM notices WHERE kind = 'preview'");
  notices.step();
  CHECK(notices.integer(0) == 4);
}

TEST_CASE("an issue that waits no more is new if it waits again, but the pause holds") {
  Registry house;
  Previews previews(*house.database);
  previews.see(house.id, "1", false);
  previews.show(house.id, {}, house.clock.now());
  CHECK_FALSE(previews.knows_others({house.id}));
  CHECK(previews.knows_others({}));
  previews.forget_but({});
  CHECK_FALSE(previews.knows_others({}));
  CHECK(previews.due(5min, house.clock.now() + 1h).empty());
  previews.see(house.id, "1", false);
  CHECK(previews.due(5min, house.clock.now()).empty());
  CHECK(previews.due(5min, house.clock.now() + 5min).size() == 1);
}

TEST_CASE("what nobody is to be shown now is shown when it changes") {
  Registry house;
  Previews previews(*house.database);
  previews.see(house.id, "1", true);
  CHECK(previews.due(5min, house.clock.now()).empty());
  previews.see(house.id, "2", true);
  CHECK(previews.due(5min, house.clock.now()).size() == 1);
}

TEST_CASE("ready issues wait until they start, are cancelled, or lose their draft") {
  Registry house;
  CHECK(waiting_issues(*house.database).size() == 1);
  house.hold();
  CHECK(waiting_issues(*house.database).size() == 1);
  SUBCASE("gone") { house.ledger.set_missing(house.id, true, house.clock.now()); }
  SUBCASE("cancelled") { REQUIRE(house.ledger.cancel("weekly", "operator", house.clock.now())); }
  SUBCASE("not ready") { house.database->execute("UPDATE issues SET ready = 0"); }
  CHECK(waiting_issues(*house.database).empty());
}
