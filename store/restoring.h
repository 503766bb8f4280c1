// An export read back into a newsletter that has no readers yet: all as it was, but for what lies
// outside it (issues, events, imports). Belongs to the thread of its Database.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>

#include "base/error.h"
#include "store/sqlite.h"
#include "store/subscriber_writer.h"

namespace postrider::store {

struct RestoreOrder {
  std::string source;    // the file's name, for the event
  bool dry_run = false;  // nothing is written
  std::function<void(std::int64_t records)> progress{};
};

struct RestoreSummary {
  std::int64_t readers = 0;
  std::int64_t subscriptions = 0;
  std::int64_t suppressions = 0;  // of readers and of others
  std::int64_t erased = 0;        // hashes
  std::int64_t unusable = 0;      // of them: their token key is missing here, so they tell nobody
};

/// Whether there is no reader, suppression or hash yet.
bool can_restore(Database& database);

/// One transaction: all of it or nothing. Error: there are readers, suppressions or hashes already;
/// a list that is not known here; a line that is no record (subscribers/formats/own_export.h).
Result<RestoreSummary> restore(Database& database, std::istream& in, const ErasedKeys& keys,
                               const RestoreOrder& order, Instant now);

}  // namespace postrider::store
