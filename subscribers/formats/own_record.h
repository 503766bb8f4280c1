// What a row of Postrider's own export says beside what any platform's list does: an edited export,
// or one of another newsletter, becomes an import. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/fingerprints.h"
#include "subscribers/formats/columns.h"

namespace postrider::subscribers {

struct OwnRecord {
  std::string_view kind, list, suppressed, left_all, erased_key, erased_hash;
};

/// Adds it to the entry. `list`: of which subscriptions are taken (key; empty: of any). A finding:
/// why the row is skipped.
std::optional<Finding> settle(const OwnRecord& record, std::string_view list, Entry& entry);

/// Nothing: it is none, as ExportWriter writes it.
std::optional<Fingerprint> parse_fingerprint(std::string_view key, std::string_view hash);

}  // namespace postrider::subscribers
