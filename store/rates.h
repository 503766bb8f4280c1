// How much came back of issues and of their readers' domains. Counts are kept as bounces are, so
// that nothing here walks through deliveries. Belongs to the thread of its Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/sqlite.h"
#include "subscribers/bounce.h"

namespace postrider::store {

/// Of an issue or a domain, or a difference of that.
struct Returned {
  std::int64_t mails = 0;    // accepted, or refused for their recipient
  std::int64_t bounced = 0;  // of these: refused, or come back
  std::int64_t hard = 0;     // of the bounced: the mailbox or its domain is gone
  std::int64_t faults = 0;   // of the bounced: for the mail or its sender
  std::int64_t complaints = 0;

  subscribers::Share share(std::int64_t Returned::* count) const { return {this->*count, mails}; }
  subscribers::Share complaint_share() const { return {complaints, mails - bounced}; }
  /// 5 %, from the twentieth on.
  bool are_many_gone() const;
  /// More than any issue should have: complaints, or readers who are gone.
  bool is_over_a_limit() const;
  Returned& operator+=(const Returned& other);
};

struct ReturnedOfDomain {
  std::string domain;
  Returned returned;
};

struct ReturnedOfIssue {
  std::string issue;  // slug
  Returned returned;
};

class Rates {
 public:
  static constexpr auto lately = std::chrono::hours(24 * 30);

  explicit Rates(Database& database) : database_(database) {}

  /// Inside the transaction of what it counts; `mails` is not kept here.
  void add(IssueId issue, std::int64_t domain_id, const Returned& difference);

  Returned of(IssueId issue);
  /// The last dozen issues to the same list that ended before it, together.
  Returned before(IssueId issue);
  /// Without the domain that has most of `count` (hard or faults).
  Returned elsewhere(IssueId issue, std::int64_t Returned::* count);

  /// Those of which anything came back, worst first, so many at most.
  std::vector<ReturnedOfDomain> worst_domains(IssueId issue, std::size_t most = 10);
  /// The same of issues that started since then, and only those over a limit.
  std::vector<ReturnedOfDomain> domains_over_a_limit(Instant since, std::size_t most = 5);
  /// Issues that started since then, newest first.
  std::vector<ReturnedOfIssue> issues_over_a_limit(Instant since);

 private:
  std::int64_t mails_to(IssueId issue, std::int64_t domain_id);
  std::vector<ReturnedOfDomain> domains_of(const std::vector<IssueId>& issues);
  std::vector<IssueId> issues_since(Instant since);

  Database& database_;
};

/// "15.0 %", "0.12 %".
std::string percent(const subscribers::Share& share);

}  // namespace postrider::store
