// How much came back: store/rates.h.
#include "store/rates.h"

#include <doctest/doctest.h>

#include "store/erased.h"
#include "store/erasure.h"
#include "store/gathering.h"
#include "store/post.h"

using namespace postrider;
using mail::ReportKind;
using store::Returned;
using test::Post;

namespace {

mail::Reply no_such_user(const std::string&) { return {550, "5.1.1", "user unknown"}; }

struct RateCounts {
  std::int64_t mails, bounced, hard, faults, complaints;
  bool operator==(const RateCounts&) const = default;
};

RateCounts as_counts(const Returned& returned) {
  return {returned.mails, returned.bounced, returned.hard, returned.faults, returned.complaints};
}

}  // namespace

TEST_CASE("an issue's rates are of the mails that servers took or refused for their readers") {
  Post post;
  post.add_many(100, 10);
  const auto issue = post.sending();
  post.offer(
      [](const std::string& email) {
        return email == "r0@d0.example" ? no_such_user(email) : Post::taken(email);
      },
      60);
  post.report(issue, 1, 4, ReportKind::hard);
  post.report(issue, 1, 2, ReportKind::hard);  // once more
  post.report(issue, 5, 3, ReportKind::soft);
  post.report(issue, 8, 2, ReportKind::policy);
  post.report(issue, 10, 2, ReportKind::complaint);
  post.report(issue, 12, 2, ReportKind::auto_reply);
  CHECK(as_counts(post.rates.of(issue)) == RateCounts{60, 10, 5, 2, 2});
  CHECK(post.rates.of(issue).complaint_share().mails == 50);
  CHECK(store::percent(post.rates.of(issue).share(&Returned::hard)) == "8.3 %");
}

TEST_CASE("what a report did to the rates is taken back with it") {
  Post post;
  post.add_many(10, 2);
  const auto issue = post.sent("weekly");
  post.report(issue, 0, 1, ReportKind::hard);
  post.report(issue, 1, 1, ReportKind::complaint);
  REQUIRE(post.reports.undo(1, post.clock.now()));
  REQUIRE(post.reports.undo(2, post.clock.now()));
  CHECK(as_counts(post.rates.of(issue)) == RateCounts{10, 0, 0, 0, 0});
  CHECK(post.rates.worst_domains(issue).empty());
  post.report(issue, 1, 1, ReportKind::complaint);
  CHECK(post.rates.of(issue).complaints == 1);
}

TEST_CASE("domains are told worst first, large ones and small ones alike") {
  Post post;
  post.add_many(3 * store::readers_of_a_group, 1, "large");
  post.add_many(50, 1, "small");
  post.add_many(30, 30);
  const auto issue = post.sent("weekly", [](const std::string& email) {
    return email == "r0@large0.example" ? no_such_user(email) : Post::taken(email);
  });
  post.report(issue, 1, 2, ReportKind::hard);
  post.report(issue, 300, 5, ReportKind::hard);
  post.report(issue, 305, 2, ReportKind::soft);
  post.report(issue, 350, 1, ReportKind::hard);
  const auto domains = post.rates.worst_domains(issue);
  REQUIRE(domains.size() == 3);
  CHECK(domains[0].domain == "small0.example");
  CHECK(as_counts(domains[0].returned) == RateCounts{50, 7, 5, 0, 0});
  CHECK(domains[1].domain == "large0.example");
  CHECK(as_counts(domains[1].returned) == RateCounts{300, 3, 3, 0, 0});
  CHECK(domains[2].domain == "d0.example");
  CHECK(as_counts(domains[2].returned) == RateCounts{1, 1, 1, 0, 0});
  CHECK(post.rates.worst_domains(issue, 2).size() == 2);
  CHECK(as_counts(post.rates.elsewhere(issue, &Returned::hard)) == RateCounts{330, 4, 4, 0, 0});
}

TEST_CASE("a domain that gets a pacing group later counts what was judged before") {
  Post post;
  post.add_many(20, 1, "late");
  const auto issue = post.sending();
  post.offer(Post::taken, 15);
  post.database->transact([&] { post.ledger.give_groups(issue, {"late0.example"}); });
  post.offer();
  post.report(issue, 0, 4, ReportKind::hard);
  const auto domains = post.rates.worst_domains(issue);
  REQUIRE(domains.size() == 1);
  CHECK(as_counts(domains[0].returned) == RateCounts{20, 4, 4, 0, 0});
}

TEST_CASE("lately is over several issues, and only what is over a limit") {
  Post post;
  post.add_many(100, 1, "bad");
  post.add_many(1'000, 20);
  for (int week = 0; week < 3; ++week)
    post.report(post.sent("week" + std::to_string(week)), week * 9, 9, ReportKind::hard);
  const auto since = post.clock.now() - store::Rates::lately;
  const auto domains = post.rates.domains_over_a_limit(since);
  REQUIRE(domains.size() == 1);
  CHECK(domains[0].domain == "bad0.example");
  CHECK(as_counts(domains[0].returned) == RateCounts{273, 27, 27, 0, 0});
  CHECK(post.rates.issues_over_a_limit(since).empty());
  const auto issue = post.sent("angry");
  post.report(issue, 500, 4, ReportKind::complaint);
  const auto issues = post.rates.issues_over_a_limit(since);
  REQUIRE(issues.size() == 1);
  CHECK(issues[0].issue == "angry");
  CHECK(post.rates.issues_over_a_limit(post.clock.now()).empty());
}

TEST_CASE("what is usual is of the issues before to the same list") {
  Post post;
  post.add_many(100, 10);
  post.add("other@o.example", "digest");
  post.report(post.sent("first"), 0, 3, ReportKind::hard);
  post.sent("second");
  post.clock.advance(std::chrono::hours(1));
  post.sending("other", {"digest"});
  post.offer();
  const auto third = post.sent("third");
  post.report(third, 10, 1, ReportKind::hard);
  CHECK(as_counts(post.rates.before(third)) == RateCounts{197, 3, 3, 0, 0});
}

TEST_CASE("rates stay when a reader is erased, and the domain is named no more") {
  Post post;
  post.add_many(4, 2);
  post.add("me@mine.example");
  const auto issue = post.sent("weekly");
  post.report(issue, "me@mine.example", ReportKind::hard);
  REQUIRE(post.rates.worst_domains(issue).size() == 1);
  const Fingerprints keys(TokenKeys({{1, std::string(32, 'k')}}), store::erased_use);
  store::erase(*post.database, keys, *mail::parse_address("me@mine.example"), "operator",
               post.clock.now());
  CHECK(as_counts(post.rates.of(issue)) == RateCounts{5, 1, 1, 0, 0});
  CHECK(post.rates.worst_domains(issue).empty());
}
