// The suppressed addresses in SQLite, for the operator's hand. Belongs to the thread of its
// Database.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "store/sqlite.h"
#include "subscribers/suppression.h"

namespace postrider::store {

/// What the column `reason` says.
subscribers::SuppressionReason reason_of(std::string_view word);

/// In the order of their domains; by keyset pages, so that nobody waits.
void each_suppression(Database& database,
                      const std::function<void(const subscribers::Suppression&)>& visit);

/// Why and since when an address is suppressed.
std::optional<subscribers::Suppression> find_suppression(Database& database,
                                                         const mail::Address& address);

/// An import says of a suppression by an earlier one what that says. Inside a transaction.
void claim_suppression(Database& database, std::string_view canonical, std::int64_t import);

/// What one import alone says is no more; what others say, too, stays. So many at most, inside a
/// transaction. False: there is no more of it.
bool take_back_suppressions(Database& database, std::int64_t import, std::int64_t most);

/// Without an event. Inside a transaction. The reason; nothing: was not suppressed.
std::optional<subscribers::SuppressionReason> forget_suppression(Database& database,
                                                                 std::string_view canonical);

/// Takes it off the list; subscriptions stay as they are. False: was not suppressed.
bool remove_suppression(Database& database, const mail::Address& address, const std::string& actor,
                        Instant now);

}  // namespace postrider::store
