// An issue's content as it is frozen, version by version.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "store/ledger.h"
#include "store/sqlite.h"

namespace postrider::store {

/// In the transaction that makes it the issue's newest version.
void store_content(Database& database, IssueId issue, const FrozenIssue& frozen, int version,
                   Instant now);

}  // namespace postrider::store
