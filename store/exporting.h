// Reading all that is known of who reads, as of one moment, in flat memory. Belongs to the thread
// of its Database.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/ids.h"
#include "store/sqlite.h"
#include "subscribers/export.h"

namespace postrider::store {

struct ExportOrder {
  std::string list;  // key: only who has to do with it, and only that; empty: everything
  std::function<void(std::int64_t records, std::int64_t readers)>
      progress{};  // done, and of how many
};

/// In one read transaction, however long it takes: others write meanwhile, and the log grows.
/// Readers and suppressions in the order of their addresses. The number of records.
std::int64_t export_readers(Database& database, const ExportOrder& order,
                            subscribers::ExportWriter& writer);

/// One reader's record alone; nothing where there is no such reader.
void export_reader(Database& database, SubscriberId reader, subscribers::ExportWriter& writer);

}  // namespace postrider::store
