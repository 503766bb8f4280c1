// What deleted rows leave behind in a database's files. With secure_delete SQLite overwrites what
// it deletes, but two kinds of older copies stay:
//
//   the log       every page as it was at each commit, until the log is copied back and emptied
//   the file      where a b-tree page was divided or filled anew, cells that moved to a neighbour
//                 stay in its unallocated space (https://sqlite.org/fileformat2.html#b_tree_pages)
//
// Nobody ever reads that space, so it can be overwritten in the file itself while others read and
// write the database, provided that nobody copies the log back meanwhile.
#pragma once

#include <cstdint>

#include "store/sqlite.h"

namespace postrider::store {

/// In the transaction that deletes: there will be traces.
void note_traces(Database& database);
/// How often that was; it only grows.
std::int64_t deletions(Database& database);
/// Whether there may be some that nobody has removed yet.
bool has_traces(Database& database);

/// Empties the log, and overwrites the unallocated space of all pages of the file that has
/// something in it. Writers wait some milliseconds at a time. False: another connection is in the
/// way now; what was done stays done, and it is worth trying again.
bool remove_traces(Database& database);

}  // namespace postrider::store
