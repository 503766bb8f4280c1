#include "store/former.h"

namespace postrider::store {

std::vector<FormerSubscription> former_subscriptions(Database& database, SubscriberId reader) {
  auto query = database.prepare(
      "SELECT l.key, n.left_state, n.left_since, n.left_at FROM subscriptions n "
      "JOIN lists l ON l.id = n.list_id "
      "WHERE n.subscriber_id = ? AND n.left_at IS NOT NULL ORDER BY l.key");
  query.bind(reader.value);
  std::vector<FormerSubscription> former;
  while (query.step())
    former.push_back({query.text(0), static_cast<subscribers::SubscriptionState>(query.integer(1)),
                      query.instant(2), query.instant(3)});
  return former;
}

std::vector<subscribers::ExportedEvidence> former_evidence(Database& database,
                                                           SubscriberId reader) {
  auto query = database.prepare(
      "SELECT kind, actor, at, detail FROM evidence e WHERE subscriber_id = ?1 AND NOT EXISTS "
      "(SELECT 1 FROM subscriptions n WHERE n.subscriber_id = ?1 AND n.evidence_id = e.id) "
      "ORDER BY id");
  query.bind(reader.value);
  std::vector<subscribers::ExportedEvidence> former;
  while (query.step())
    former.push_back({query.text(0), query.text(1), query.instant(2), query.text(3)});
  return former;
}

}  // namespace postrider::store
