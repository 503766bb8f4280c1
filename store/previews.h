// Which issues reviewers are to be shown, as they are now: each change of one that is ready, but no
// oftener than they want, and the last one always. Belongs to the thread of its Database; each
// change is part of the caller's transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "mail/address.h"
#include "queue/issue.h"
#include "store/sqlite.h"

namespace postrider::store {

/// Issues that are ready, have a draft and have not started, cancelled ones left out.
std::vector<queue::Issue> waiting_issues(Database& database);

class Previews {
 public:
  explicit Previews(Database& database) : database_(database) {}

  /// What was seen of it last; empty: nothing yet.
  std::string seen(IssueId issue);
  /// An issue is as this says now (Covered::digest). `quiet`: nobody is shown that.
  void see(IssueId issue, std::string_view digest, bool quiet);
  /// Issues that wait no more: they are new if they wait again. But for when they were shown last.
  void forget_but(const std::vector<IssueId>& waiting);
  /// Whether that has something to do.
  bool knows_others(const std::vector<IssueId>& waiting);

  /// Those that have changed since they were shown, and were not shown within `pause`.
  std::vector<IssueId> due(Duration pause, Instant now);
  /// Makes a notice to each reviewer.
  void show(IssueId issue, const std::vector<mail::Address>& reviewers, Instant now);

 private:
  std::vector<IssueId> others(const std::vector<IssueId>& waiting);

  Database& database_;
};

/// A notice's issue, of its detail; 0: it names none.
IssueId previewed_issue(std::string_view detail);

}  // namespace postrider::store
