// What is kept of how a reader stood before, for that reader. Belongs to the thread of its
// Database.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/sqlite.h"
#include "subscribers/export.h"
#include "subscribers/subscriber.h"

namespace postrider::store {

/// Before they left by their own hand.
struct FormerSubscription {
  std::string list;  // key
  subscribers::SubscriptionState state;
  Instant since, until;
};

std::vector<FormerSubscription> former_subscriptions(Database& database, SubscriberId reader);
/// That no subscription stands on any more.
std::vector<subscribers::ExportedEvidence> former_evidence(Database& database, SubscriberId reader);

}  // namespace postrider::store
