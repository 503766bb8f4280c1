// What `run` wants beside its settings, looked at as it would: keys of DKIM, TLS and tokens, and a
// Maildir.
#pragma once

#include <optional>

#include "base/error.h"
#include "base/fingerprints.h"
#include "config/settings.h"
#include "store/sqlite.h"

namespace postrider::daemon {

/// What keeps the daemon from starting or reloading; makes none. A missing token.keys is no fault
/// where the daemon can make it.
Faults check_keys(const config::Settings& settings);

/// Whether token.keys is there, as a credential or among the secrets; readable or not.
bool has_token_keys(const config::Settings& settings);

/// What tells erased addresses, without making a key; nothing: there is none here.
Result<std::optional<Fingerprints>> existing_erased_keys(const config::Settings& settings);

/// Warns of hashes of erased addresses whose token key is missing: nobody can tell those people.
Faults check_erased(const config::Settings& settings, store::Database& database);

/// Warns of a Maildir that the daemon could not look into.
Faults check_maildir(const config::Settings& settings);

}  // namespace postrider::daemon
