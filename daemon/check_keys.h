// The keys that `run` wants, looked at as it would read them: those of DKIM, TLS and tokens.
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

}  // namespace postrider::daemon
