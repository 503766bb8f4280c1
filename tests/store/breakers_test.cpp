// Issues that are held or paused for how much comes back of them: store/issue_watch.h, breakers.h.
#include "store/breakers.h"

#include <doctest/doctest.h>

#include "store/post.h"
#include "store/suppressions.h"

using namespace postrider;
using mail::ReportKind;
using queue::IssueState;
using store::OperatorEvent;
using test::Post;

namespace {

mail::Reply unknown_user(const std::string&) { return {550, "5.1.1", "user unknown"}; }

/// Refuses every so many-th.
Post::Answer refusing(int every, const Post::Answer& refusal = unknown_user) {
  return [every, refusal, n = 0](const std::string& email) mutable {
    return ++n % every == 0 ? refusal(email) : Post::taken(email);
  };
}

}  // namespace

TEST_CASE("an issue of which many readers are reported gone holds their suppression back") {
  Post post;
  post.add_many(400, 40);
  post.sent("before");
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 19, ReportKind::hard);
  CHECK(post.count_suppressed() == 19);
  CHECK(post.breakers.held().empty());
  post.report(issue, 19, 41, ReportKind::hard);
  CHECK(post.count_suppressed() == 0);
  const auto held = post.breakers.held();
  REQUIRE(held.size() == 1);
  CHECK(held[0].issue == "weekly");
  CHECK(held[0].domain.empty());
  CHECK(held[0].withheld == 60);
  CHECK(post.state(issue) == IssueState::sent);
  const auto told = post.told(OperatorEvent::breaker);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("weekly: ") == 0);
  CHECK(told[0].find("`postrider bounce release weekly`") != std::string::npos);
  SUBCASE("and suppresses them when the operator says so") {
    CHECK(post.release("weekly", true)->readers == 60);
    CHECK(post.count_suppressed() == 60);
    post.report(issue, 60, 40, ReportKind::hard);
    CHECK(post.count_suppressed() == 100);
    CHECK(post.breakers.held().empty());
  }
  SUBCASE("or mails them on, and asks again if as many more are gone") {
    CHECK(post.release("weekly", false)->readers == 60);
    CHECK(post.count_suppressed() == 0);
    post.report(issue, 60, 19, ReportKind::hard);
    CHECK(post.count_suppressed() == 19);
    post.report(issue, 79, 1, ReportKind::hard);
    CHECK(post.count_suppressed() == 0);
    CHECK(post.breakers.held().size() == 1);
    CHECK_MESSAGE(post.told(OperatorEvent::breaker).size() == 1, "the first one is decided");
  }
  CHECK_FALSE(post.release("other", true));
}

TEST_CASE("readers who are gone are told at the limit where nothing can be held, once") {
  Post post;
  post.add_many(400, 40);
  const auto first = post.sent("first");
  post.report(first, 0, 19, ReportKind::hard);
  CHECK(post.told(OperatorEvent::gone_rate).empty());
  post.report(first, 19, 10, ReportKind::hard);
  const auto told = post.told(OperatorEvent::gone_rate);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("first: 20 readers of 400 mails are reported gone, 5.0 %") == 0);
  CHECK(post.breakers.held().empty());
}

TEST_CASE("of readers who are gone the breaker alone is told where it holds") {
  Post post;
  post.add_many(400, 40);
  post.sent("before");
  post.report(post.sent("weekly"), 0, 30, ReportKind::hard);
  CHECK(post.told(OperatorEvent::breaker).size() == 1);
  CHECK(post.told(OperatorEvent::gone_rate).empty());
}

TEST_CASE("a breaker and its release are in the story of each reader") {
  Post post;
  post.add_many(400, 40);
  post.sent("before");
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 21, ReportKind::hard);
  const auto story = [&post](std::size_t reader) {
    std::vector<std::string> told;
    for (const auto& event : post.ledger.events_of(post.subscribers.find(post.readers[reader])->id))
      if (event.kind.starts_with("subscriber.s") || event.kind.starts_with("subscriber.released"))
        told.push_back(event.kind.substr(11) + " by " + event.actor + ": " + event.detail);
    return told;
  };
  using Story = std::vector<std::string>;
  Story first{"suppressed by report 1: bounced",
              "suppression_withheld by daemon: held back at weekly"};
  Story last{"suppression_withheld by report 21: held back at weekly"};
  CHECK(story(0) == first);
  CHECK(story(20) == last);
  CHECK_FALSE(post.breakers.decision(issue));
  SUBCASE("mailed on") {
    post.release("weekly", false);
    CHECK_FALSE(post.breakers.decision(issue)->suppressed);
    CHECK_MESSAGE(post.told(OperatorEvent::breaker).empty(), "nobody is to decide any more");
    first.emplace_back("released by operator: mailed on, weekly");
    CHECK(story(0) == first);
  }
  SUBCASE("suppressed") {
    post.release("weekly", true);
    CHECK(post.breakers.decision(issue)->suppressed);
    last.emplace_back("suppressed by operator: bounced");
    CHECK(story(20) == last);
  }
}

TEST_CASE("after a release, too, one domain alone does not hold the issue") {
  Post post;
  post.add_many(360, 40);
  post.add_many(40, 1, "gone");
  post.sent("before");
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 60, ReportKind::hard);
  CHECK(post.release("weekly", false)->readers == 60);
  post.report(issue, 360, 40, ReportKind::hard);
  REQUIRE(post.breakers.held().size() == 1);
  CHECK(post.breakers.held()[0].domain == "gone0.example");
}

TEST_CASE("while it is sent it is paused, too, and tells why") {
  Post post;
  post.add_many(400, 40);
  post.sent("before");
  post.clock.advance(std::chrono::hours(24 * 7));
  const auto issue = post.sending();
  post.offer(refusing(5));
  const auto row = post.ledger.find_issue(issue);
  CHECK(row->state == IssueState::paused);
  CHECK(row->note.find("held: 20 readers of 100 mails are reported gone, 20.0 %;") == 0);
  CHECK(row->note.find("`postrider issue resume weekly`") != std::string::npos);
  CHECK(row->sums.bounced == 20);
  CHECK(row->sums.pending == 300);
  CHECK(post.count_suppressed() == 0);
  CHECK(post.release("weekly", false)->readers == 20);
  CHECK(post.ledger.find_issue(issue)->note == "`postrider issue resume weekly` goes on");
  REQUIRE(post.ledger.resume("weekly", "operator", post.clock.now()));
  post.offer();
  CHECK(post.state(issue) == IssueState::sent);
  CHECK(post.sums(issue).accepted == 380);
  CHECK(post.sums(issue) == post.counted(issue));
}

TEST_CASE("what the operator resumes goes on, and still nobody is suppressed") {
  Post post;
  post.add_many(400, 37);
  post.sent("before");
  post.clock.advance(std::chrono::hours(24 * 7));
  const auto issue = post.sending();
  post.offer(refusing(5));
  REQUIRE(post.ledger.resume("weekly", "operator", post.clock.now()));
  post.offer(refusing(5));
  CHECK(post.state(issue) == IssueState::sent);
  CHECK(post.breakers.held()[0].withheld == 80);
  CHECK(post.count_suppressed() == 0);
  CHECK(post.told(OperatorEvent::breaker).size() == 1);
}

TEST_CASE("ordinary weeks are silent, and what is usual here is no reason to hold") {
  Post post;
  post.add_many(2'000, 50);
  for (int week = 0; week < 3; ++week) {
    const auto issue = post.sent("week" + std::to_string(week), refusing(60));
    CHECK(post.state(issue) == IssueState::sent);
    post.report(issue, week * 10, 5, ReportKind::hard);
    post.report(issue, week * 10 + 5, 1, ReportKind::complaint);
    post.report(issue, week * 10 + 6, 3, ReportKind::policy);
  }
  CHECK(post.breakers.held().empty());
  CHECK(post.count_suppressed() > 90);
  // Seven in a hundred are less than four times two, more than four times a half.
  CHECK(post.state(post.sent("summer", refusing(14))) == IssueState::sent);
  auto before = post.database->prepare("UPDATE issue_returns SET hard = hard / 4");
  before.run();
  CHECK(post.state(post.sent("autumn", refusing(14))) == IssueState::paused);
  for (const auto kind : {OperatorEvent::complaint_rate, OperatorEvent::failure_rate})
    CHECK(post.told(kind).empty());
}

TEST_CASE("one domain alone holds no issue: that has a breaker of its own") {
  Post post;
  post.add_many(60, 1, "gone");
  post.add_many(340, 40);
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 60, ReportKind::hard);
  const auto held = post.breakers.held();
  REQUIRE(held.size() == 1);
  CHECK(held[0].domain == "gone0.example");
}

TEST_CASE("what was taken back does not count for a domain's breaker") {
  Post post;
  post.add_many(30, 1, "gone");
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 9, ReportKind::hard);
  for (int i = 1; i <= 9; ++i) REQUIRE(post.reports.undo(i, post.clock.now()));
  post.report(issue, 9, 9, ReportKind::hard);
  CHECK(post.breakers.held().empty());
  CHECK(post.count_suppressed() == 9);
}

TEST_CASE("what both hold back stays so until both are released") {
  Post post;
  post.add_many(40, 1, "gone");
  post.add_many(360, 40);
  post.sent("before");
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 70, ReportKind::hard);
  CHECK(post.breakers.held().size() == 2);
  CHECK(post.release("gone0.example", true)->readers == 0);
  CHECK(post.count_suppressed() == 0);
  CHECK(post.release("weekly", true)->readers == 70);
  CHECK(post.count_suppressed() == 70);
}

TEST_CASE("who was suppressed again by another hand stays so when the issue is held") {
  Post post;
  post.add_many(400, 40);
  post.sent("before");
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 19, ReportKind::hard);
  REQUIRE(store::remove_suppression(*post.database, *mail::parse_address(post.readers[0]),
                                    "operator", post.clock.now()));
  post.report(issue, 0, 1, ReportKind::complaint);
  post.report(issue, 19, 1, ReportKind::hard);
  CHECK(post.breakers.held().size() == 1);
  CHECK(post.count_suppressed() == 1);
  CHECK(post.subscribers.find(post.readers[0])->suppressed ==
        subscribers::SuppressionReason::complained);
}

TEST_CASE("reports that the mail or its sender is unwanted pause the issue, once") {
  Post post;
  post.add_many(400, 40);
  const auto issue = post.sending();
  post.offer(Post::taken, 100);
  post.report(issue, 0, 8, ReportKind::policy);
  CHECK(post.state(issue) == IssueState::paused);
  CHECK(post.ledger.find_issue(issue)->note.find(
            "were refused for the mail itself or its sender") != std::string::npos);
  CHECK(post.count_suppressed() == 0);
  CHECK(post.breakers.held().empty());
  CHECK(post.told(OperatorEvent::issue_paused).size() == 1);
  REQUIRE(post.ledger.resume("weekly", "operator", post.clock.now()));
  post.report(issue, 8, 8, ReportKind::content);
  CHECK(post.state(issue) == IssueState::sending);
  post.offer();
  CHECK(post.state(issue) == IssueState::sent);
  CHECK(post.told(OperatorEvent::issue_paused).size() == 1);
}

TEST_CASE("servers that refuse readers for the sender's sake pause the issue as well") {
  Post post;
  post.add_many(400, 40);
  const auto issue = post.sending();
  post.offer(refusing(6, [](const std::string&) {
    return mail::Reply{550, "5.7.1", "blocked: poor reputation of the sender"};
  }));
  CHECK(post.state(issue) == IssueState::paused);
  CHECK(post.sums(issue).bounced < 20);
  CHECK(post.count_suppressed() == 0);
}

TEST_CASE("when it is all sent, such reports are told only") {
  Post post;
  post.add_many(100, 40);
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 30, ReportKind::content);
  CHECK(post.state(issue) == IssueState::sent);
  CHECK(post.told(OperatorEvent::failure_rate).size() == 1);
  CHECK(post.told(OperatorEvent::issue_paused).empty());
}

TEST_CASE("complaints are told when they cross what large receivers want, each limit once") {
  Post post;
  post.add_many(2'000, 40);
  const auto issue = post.sent("weekly");
  const auto told = [&] { return post.told(OperatorEvent::complaint_rate); };
  post.report(issue, 0, 2, ReportKind::complaint);
  CHECK(told().empty());
  post.report(issue, 2, 3, ReportKind::complaint);
  REQUIRE(told().size() == 1);
  CHECK(told()[0].find("weekly: 3 complaints of 2,000 accepted mails, 0.15 %, over the 0.1 %") ==
        0);
  post.report(issue, 0, 5, ReportKind::complaint);  // the same readers
  CHECK(told().size() == 1);
  post.report(issue, 5, 5, ReportKind::complaint);
  REQUIRE(told().size() == 2);
  CHECK(told()[1].find("over the 0.3 %") != std::string::npos);
}

TEST_CASE("a rate that is crossed is an event, too, each limit once") {
  Post post;
  post.add_many(400, 40);
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 9, ReportKind::complaint);
  post.report(issue, 100, 40, ReportKind::hard);
  post.report(issue, 200, 30, ReportKind::content);
  std::vector<std::string> rates;
  for (const auto& event : post.ledger.events_to_tell(0))
    if (event.kind.ends_with("_rate")) rates.push_back(event.issue + " " + event.kind);
  CHECK(rates == std::vector<std::string>{"weekly issue.complaint_rate", "weekly issue.gone_rate",
                                          "weekly issue.failure_rate"});
}

TEST_CASE("who leaves by their provider's button does not complain") {
  Post post;
  post.add_many(300, 40);
  const auto issue = post.sent("weekly");
  for (int i = 0; i < 9; ++i)
    post.report(issue, post.readers[static_cast<std::size_t>(i)], ReportKind::complaint, "opt_out");
  CHECK(post.count_suppressed() == 9);
  CHECK(post.rates.of(issue).complaints == 0);
  CHECK(post.told(OperatorEvent::complaint_rate).empty());
}

TEST_CASE("who crosses both limits at once hears of the higher one") {
  Post post;
  post.add_many(300, 40);
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 9, ReportKind::complaint);
  const auto told = post.told(OperatorEvent::complaint_rate);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("over the 0.3 %") != std::string::npos);
}
