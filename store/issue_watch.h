// What follows for an issue from how much comes back of it: it is held or paused, and the operator
// hears of it, of each thing once.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "store/sqlite.h"

namespace postrider::store {

/// Inside the transaction in which something came back, with its sums up to date.
void watch_issue(Database& database, IssueId issue, Instant now);

}  // namespace postrider::store
