#include "subscribers/bounce.h"

#include <algorithm>
#include <set>

namespace postrider::subscribers {

using mail::ReportKind;

namespace {

/// Reasons that count together, and how often is enough.
enum class Count : std::uint8_t { none, unknown, bad_domain, disabled, full };

Count count_of(const Strike& strike) {
  if (strike.kind == ReportKind::hard)
    return strike.reason == "bad_domain" || strike.reason == "no_mail_domain" ? Count::bad_domain
                                                                              : Count::unknown;
  if (strike.kind != ReportKind::soft) return Count::none;
  if (strike.reason == "disabled") return Count::disabled;
  if (strike.reason == "full") return Count::full;
  return Count::none;
}

int enough(Count count, const BouncePolicy& policy) {
  switch (count) {
    case Count::unknown:
      return policy.unknown;
    case Count::bad_domain:
      return policy.bad_domain;
    case Count::disabled:
      return policy.disabled;
    case Count::full:
      return policy.full;
    case Count::none:
      break;
  }
  return 0;
}

std::int64_t day_of(const Strike& strike) {
  return std::chrono::floor<std::chrono::days>(strike.at).time_since_epoch().count();
}

Verdict judge_failure(std::span<const Strike> strikes, const BouncePolicy& policy) {
  const auto& last = strikes.back();
  const auto count = count_of(last);
  const auto most = enough(count, policy);
  if (most == 0) return Verdict::count;
  std::set<std::int64_t> mails, days;
  for (const auto& strike : strikes) {
    const bool late = count == Count::full && strike.at + policy.full_within < last.at;
    if (late || count_of(strike) != count) continue;
    mails.insert(strike.mail);
    days.insert(day_of(strike));
  }
  // A domain that is away for an hour is so for many mails, and of one there may be many reports.
  const auto times =
      count == Count::bad_domain ? std::min(mails.size(), days.size()) : mails.size();
  return static_cast<int>(times) >= most ? Verdict::suppress : Verdict::count;
}

}  // namespace

Verdict judge(std::span<const Strike> strikes, const BouncePolicy& policy) {
  switch (strikes.back().kind) {
    case ReportKind::hard:
    case ReportKind::soft:
      return judge_failure(strikes, policy);
    case ReportKind::complaint:
      return Verdict::complain;
    case ReportKind::policy:
    case ReportKind::content:
      return Verdict::tell;
    case ReportKind::auto_reply:
    case ReportKind::delayed:
    case ReportKind::unrecognised:
      break;
  }
  return Verdict::nothing;
}

double Share::value() const {
  return mails > 0 ? static_cast<double>(readers) / static_cast<double>(mails) : 0;
}

IssueVerdict judge_issue(ReportKind kind, const IssueShares& shares) {
  const bool hard = kind == ReportKind::hard;
  const auto least = hard ? least_hard : least_faults;
  if (hard && shares.before.mails < least_history) return IssueVerdict::go_on;
  const auto usual = std::max(most_usual, times_usual * shares.before.value());
  const auto is_abnormal = [&](const Share& share, int part) {
    return part * share.readers >= least && part * share.value() >= usual;
  };
  if (!is_abnormal(shares.all, 1) || !is_abnormal(shares.elsewhere, 2)) return IssueVerdict::go_on;
  return hard ? IssueVerdict::hold : IssueVerdict::pause;
}

Complaints judge_complaints(const Share& complaints) {
  if (complaints.readers < least_complaints || complaints.value() < complaint_aim)
    return Complaints::well;
  return complaints.value() < complaint_limit ? Complaints::over_aim : Complaints::over_limit;
}

}  // namespace postrider::subscribers
