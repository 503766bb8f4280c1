// A copied or restored database sends nothing before somebody says by `postrider claim` that it is
// the one to send: the readers may have got from another what it believes to be still unsent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/identity.h"

namespace postrider::daemon::guards {

struct IdentityFacts {
  std::optional<store::Identity> known;  // what the database says; nothing: it is brand-new
  store::Place here;
  std::optional<std::int64_t> outside;  // what the file beside it says; nothing: there is none
};

/// Why the database is not to send, as the end of "this database …"; nothing: it may. Pure.
std::optional<std::string> unclaimed(const IdentityFacts& facts);

/// Mails were sent since by a newer state of it. Pure.
bool is_behind(const IdentityFacts& facts);

IdentityFacts look_at_identity(store::Database& database);

/// A brand-new database belongs to the place where it was made, unasked.
Result<void> claim_if_new(store::Database& database, Instant now);

/// Lets the database send. `why`: what `unclaimed` says.
Result<void> claim(store::Database& database, const std::string& why, Instant now);

}  // namespace postrider::daemon::guards
