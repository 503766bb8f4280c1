#include "subscribers/bounce.h"

#include <doctest/doctest.h>
#include <vector>

using namespace postrider;
using namespace postrider::subscribers;
using mail::ReportKind;
using std::chrono::days;
using std::chrono::hours;

namespace {

/// Strikes of one kind and reason, each by a mail of its own and so long after the one before.
std::vector<Strike> strikes(int count, ReportKind kind, const std::string& reason,
                            Duration apart = days(7)) {
  std::vector<Strike> all;
  for (int i = 0; i < count; ++i) all.push_back({Instant{} + i * apart, i + 1, kind, reason});
  return all;
}

Verdict after(int count, ReportKind kind, const std::string& reason, Duration apart = days(7)) {
  return judge(strikes(count, kind, reason, apart), BouncePolicy{});
}

}  // namespace

TEST_CASE("a mailbox that is not there is not mailed again") {
  CHECK(after(1, ReportKind::hard, "unknown_mailbox") == Verdict::suppress);
  CHECK(after(1, ReportKind::hard, "moved") == Verdict::suppress);
}

TEST_CASE("a domain has to be away on three different days") {
  CHECK(after(2, ReportKind::hard, "bad_domain") == Verdict::count);
  CHECK(after(3, ReportKind::hard, "no_mail_domain", days(1)) == Verdict::suppress);
  CHECK(after(9, ReportKind::hard, "bad_domain", hours(1)) == Verdict::count);
}

TEST_CASE("a domain has to be away for as many mails, whatever is said of one day by day") {
  auto all = strikes(3, ReportKind::hard, "bad_domain", days(1));
  for (auto& strike : all) strike.mail = 1;
  CHECK(judge(all, {}) == Verdict::count);
}

TEST_CASE("a disabled mailbox counts twice, a full one five times within thirty days") {
  CHECK(after(1, ReportKind::soft, "disabled") == Verdict::count);
  CHECK(after(2, ReportKind::soft, "disabled") == Verdict::suppress);
  CHECK(after(4, ReportKind::soft, "full") == Verdict::count);
  CHECK(after(5, ReportKind::soft, "full") == Verdict::suppress);
  CHECK(after(5, ReportKind::soft, "full", days(8)) == Verdict::count);
}

TEST_CASE("several reports of one mail are one failure") {
  auto all = strikes(2, ReportKind::soft, "disabled");
  all[1].mail = all[0].mail;
  CHECK(judge(all, {}) == Verdict::count);
}

TEST_CASE("what may pass in other ways never suppresses") {
  for (const auto* reason : {"network", "expired", "rate", "server", "unknown"})
    CHECK_MESSAGE(after(100, ReportKind::soft, reason) == Verdict::count, reason);
}

TEST_CASE("reasons do not add up with others") {
  auto all = strikes(1, ReportKind::soft, "disabled");
  all.push_back({Instant{} + days(7), 2, ReportKind::soft, "full"});
  CHECK(judge(all, {}) == Verdict::count);
  all.push_back({Instant{} + days(14), 3, ReportKind::hard, "bad_domain"});
  CHECK(judge(all, {}) == Verdict::count);
}

TEST_CASE("a complaint is heard at once; the sender's own faults are told") {
  CHECK(after(1, ReportKind::complaint, "complaint") == Verdict::complain);
  CHECK(after(50, ReportKind::policy, "reputation") == Verdict::tell);
  CHECK(after(50, ReportKind::content, "size") == Verdict::tell);
  for (const auto kind : {ReportKind::auto_reply, ReportKind::delayed, ReportKind::unrecognised})
    CHECK(after(50, kind, "vacation") == Verdict::nothing);
}

TEST_CASE("thresholds are the operator's, and 0 is never") {
  BouncePolicy policy;
  policy.unknown = 2;
  CHECK(judge(strikes(1, ReportKind::hard, "unknown_mailbox"), policy) == Verdict::count);
  CHECK(judge(strikes(2, ReportKind::hard, "unknown_mailbox"), policy) == Verdict::suppress);
  policy.unknown = 0;
  CHECK(judge(strikes(9, ReportKind::hard, "unknown_mailbox"), policy) == Verdict::count);
}

namespace {

IssueVerdict judged(ReportKind kind, const Share& all, const Share& before = {}) {
  return judge_issue(kind, {all, all, before});
}
IssueVerdict gone(const Share& all, const Share& before = {0, 400}) {
  return judged(ReportKind::hard, all, before);
}

}  // namespace

TEST_CASE("readers who are gone of an issue are many by number, by share and against its history") {
  CHECK(gone({60, 400}) == IssueVerdict::hold);
  CHECK(gone({19, 60}) == IssueVerdict::go_on);
  CHECK(gone({20, 60}) == IssueVerdict::hold);
  CHECK(gone({20, 400}) == IssueVerdict::hold);
  CHECK(gone({20, 401}) == IssueVerdict::go_on);
  CHECK(gone({6'000, 100'000}, {1'000, 100'000}) == IssueVerdict::hold);
  CHECK(gone({6'000, 100'000}, {2'000, 100'000}) == IssueVerdict::go_on);
}

TEST_CASE("the first issue to an old list is believed: nothing is usual yet") {
  CHECK(gone({60, 400}, {}) == IssueVerdict::go_on);
  CHECK(gone({60, 400}, {0, 99}) == IssueVerdict::go_on);
  CHECK(gone({60, 400}, {0, 100}) == IssueVerdict::hold);
  CHECK(judged(ReportKind::policy, {60, 400}, {}) == IssueVerdict::pause);
}

TEST_CASE("an ordinary week holds nothing back: a few gone, more after a summer, a rough list") {
  CHECK(gone({0, 0}) == IssueVerdict::go_on);
  CHECK(gone({5, 10}) == IssueVerdict::go_on);
  CHECK(gone({12, 1'000}, {50, 10'000}) == IssueVerdict::go_on);
  CHECK(gone({400, 20'000}, {100, 20'000}) == IssueVerdict::go_on);
  CHECK(gone({900, 10'000}, {3'000, 120'000}) == IssueVerdict::go_on);
  CHECK(judged(ReportKind::policy, {40, 10'000}) == IssueVerdict::go_on);
  CHECK(judged(ReportKind::content, {4, 20}) == IssueVerdict::go_on);
}

TEST_CASE("what one domain alone does is not the issue's") {
  CHECK(judge_issue(ReportKind::hard, {{60, 400}, {4, 340}, {0, 400}}) == IssueVerdict::go_on);
  CHECK(judge_issue(ReportKind::hard, {{60, 400}, {9, 100}, {0, 400}}) == IssueVerdict::go_on);
  CHECK(judge_issue(ReportKind::hard, {{60, 400}, {10, 100}, {0, 400}}) == IssueVerdict::hold);
  CHECK(judge_issue(ReportKind::hard, {{60, 400}, {60, 0}, {0, 400}}) == IssueVerdict::go_on);
  CHECK(judge_issue(ReportKind::policy, {{300, 1'000}, {2, 700}, {}}) == IssueVerdict::go_on);
}

TEST_CASE("refusals of the mail or its sender pause the issue, and hold nothing back") {
  CHECK(judged(ReportKind::content, {5, 100}) == IssueVerdict::pause);
  CHECK(judged(ReportKind::policy, {50, 1'000}) == IssueVerdict::pause);
  CHECK(judged(ReportKind::policy, {50, 1'000}, {20, 1'000}) == IssueVerdict::go_on);
}

TEST_CASE("complaints are measured by what large receivers want, from the third on") {
  CHECK(judge_complaints({1, 20}) == Complaints::well);
  CHECK(judge_complaints({2, 2}) == Complaints::well);
  CHECK(judge_complaints({3, 3'001}) == Complaints::well);
  CHECK(judge_complaints({3, 3'000}) == Complaints::over_aim);
  CHECK(judge_complaints({29, 10'000}) == Complaints::over_aim);
  CHECK(judge_complaints({30, 10'000}) == Complaints::over_limit);
  CHECK(judge_complaints({3, 0}) == Complaints::well);
}
