// What imports have changed of readers who were known before: kept so that it can be taken back,
// and told as part of a reader's story. Belongs to the thread of its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/ledger.h"
#include "store/sqlite.h"
#include "store/subscriber_writer.h"

namespace postrider::store {

/// A reader as an import has found or left it: JSON.
std::string picture_of(const KnownReader& reader);

/// What one import has changed of one reader.
struct ImportedChange {
  std::int64_t import = 0;
  Instant at;
  std::string source;         // the file's name
  std::string list;           // key
  std::string before, after;  // pictures
  std::optional<Instant> undone_at;
};

/// Inside a transaction.
void add_change(Database& database, std::int64_t import, SubscriberId reader,
                const std::string& before, const std::string& after);

/// Of one who is forgotten.
void forget_changes(Database& database, SubscriberId reader);

/// Oldest first; those that were taken back, too.
std::vector<ImportedChange> imported_changes(Database& database, SubscriberId reader);

/// What imports did to the reader, as events with id 0: an import writes none for each of its rows.
std::vector<Event> import_events(Database& database, SubscriberId reader);

}  // namespace postrider::store
