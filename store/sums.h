// An issue's sums, kept by differences in the transactions that move its deliveries.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "queue/delivery.h"
#include "queue/issue.h"
#include "store/sqlite.h"

namespace postrider::store {

/// Which of the sums a delivery in that state counts in.
std::int64_t queue::IssueSums::* sum_of(queue::DeliveryState state, int attempts);

/// "4,198 accepted, 14 bounced": what there is of each.
std::string in_words(const queue::IssueSums& sums);
/// "; excluded: suppressed 3, segment 9"; empty: nobody was.
std::string excluded_in_words(const queue::Issue& issue);

/// Adds the differences to the issue's sums.
void add_to_sums(Database& database, IssueId issue, const queue::IssueSums& difference);

/// What `settle` runs, for a test that looks at its plan.
extern const std::string_view settle_sql;

/// An issue that is being sent and has nothing left to send becomes sent, and the operator is told.
/// True: it just did.
bool settle(Database& database, IssueId issue, Instant now);

}  // namespace postrider::store
