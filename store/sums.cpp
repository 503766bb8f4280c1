#include "store/sums.h"

#include "base/text.h"
#include "store/ledger.h"
#include "store/operator_mail.h"

namespace postrider::store {

using queue::DeliveryState;
using queue::IssueState;
using queue::IssueSums;

std::int64_t IssueSums::* sum_of(DeliveryState state, int attempts) {
  switch (state) {
    case DeliveryState::queued:
    case DeliveryState::claimed:
      return attempts > 0 ? &IssueSums::deferred : &IssueSums::pending;
    case DeliveryState::sending:
      return &IssueSums::pending;
    case DeliveryState::accepted:
      return &IssueSums::accepted;
    case DeliveryState::bounced:
      return &IssueSums::bounced;
    case DeliveryState::failed:
      return &IssueSums::failed;
    case DeliveryState::cancelled:
      return &IssueSums::cancelled;
    case DeliveryState::in_doubt:
      return &IssueSums::in_doubt;
  }
  return &IssueSums::pending;
}

std::string in_words(const IssueSums& sums) {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t readers, std::string_view state) {
    if (readers > 0) parts.push_back(with_thousands(readers) + " " + std::string(state));
  };
  add(sums.accepted, "accepted");
  add(sums.bounced, "bounced");
  add(sums.failed, "failed");
  add(sums.cancelled, "cancelled");
  add(sums.in_doubt, "in doubt");
  add(sums.deferred, "deferred");
  add(sums.pending, "pending");
  return parts.empty() ? "no readers" : join(parts, ", ");
}

std::string excluded_in_words(const queue::Issue& issue) {
  std::vector<std::string> parts;
  for (const auto& [reason, readers] : issue.excluded)
    parts.push_back(reason + " " + with_thousands(readers));
  return parts.empty() ? "" : "; excluded: " + join(parts, ", ");
}

void add_to_sums(Database& database, IssueId issue, const IssueSums& difference) {
  if (difference == IssueSums{}) return;
  database
      .prepare(
          "UPDATE issue_sums SET accepted = accepted + ?, deferred = deferred + ?, "
          "bounced = bounced + ?, failed = failed + ?, cancelled = cancelled + ?, "
          "in_doubt = in_doubt + ?, pending = pending + ? WHERE issue_id = ?")
      .bind(difference.accepted)
      .bind(difference.deferred)
      .bind(difference.bounced)
      .bind(difference.failed)
      .bind(difference.cancelled)
      .bind(difference.in_doubt)
      .bind(difference.pending)
      .bind(issue.value)
      .run();
}

// The rows are asked, by two probes of small indexes: within a transaction the sums may lag behind.
const std::string_view settle_sql =
    "UPDATE issues SET state = ?, finished_at = ? WHERE id = ? AND state = ? "
    "AND NOT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_due "
    "WHERE issue_id = issues.id AND state IN (0, 7) AND due IS NOT NULL) "
    "AND NOT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_sending "
    "WHERE issue_id = issues.id AND state = 2) "
    // An erratum whose readers are still being gathered.
    "AND NOT EXISTS (SELECT 1 FROM errata WHERE issue_id = issues.id AND gathered_to IS NOT NULL)";

namespace {

void tell_finished(Database& database, const queue::Issue& issue, Instant now) {
  const bool can_be_retried = issue.sums.failed + issue.sums.in_doubt > 0;
  OperatorMails(database).tell(
      OperatorEvent::issue_finished, issue.slug,
      "of " + counted(issue.sums.audience(), "reader") + ": " + in_words(issue.sums) +
          excluded_in_words(issue) + "; `postrider issue " +
          (can_be_retried ? "retry " + issue.slug + "` tries those again who failed"
                          : "show " + issue.slug + "` tells more"),
      now);
}

}  // namespace

bool settle(Database& database, IssueId issue, Instant now) {
  const auto settled = database.prepare(settle_sql)
                           .bind(static_cast<std::int64_t>(IssueState::sent))
                           .bind(now)
                           .bind(issue.value)
                           .bind(static_cast<std::int64_t>(IssueState::sending))
                           .run();
  if (settled == 0) return false;
  database
      .prepare(
          "INSERT INTO events (at, kind, actor, issue_id) VALUES (?, 'issue.sent', 'daemon', ?)")
      .bind(now)
      .bind(issue.value)
      .run();
  tell_finished(database, *Ledger(database).find_issue(issue), now);
  return true;
}

}  // namespace postrider::store
