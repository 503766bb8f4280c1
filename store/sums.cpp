#include "store/sums.h"

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
    "WHERE issue_id = issues.id AND state = 2)";

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
  return true;
}

}  // namespace postrider::store
