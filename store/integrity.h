// Whether a database that others read and write is whole: table by table, each with its indexes in
// a read transaction of its own, so that nobody waits and the log need not be kept for long.
// Belongs to the thread of its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/sqlite.h"

namespace postrider::store {

struct TableFault {
  std::string table;
  std::string what;       // SQLite's words for the first thing that is wrong
  std::int64_t more = 0;  // things beside it, up to some hundred
};

class Integrity {
 public:
  explicit Integrity(Database& database) : database_(database) {}

  /// All of them, that of the schema (and of free pages) first; a fault where even that cannot be
  /// read is that of `look_at` of the first.
  std::vector<std::string> tables();

  /// Reads all of a table. Nothing: it is whole. Throws Interrupted.
  std::optional<TableFault> look_at(const std::string& table);

 private:
  Database& database_;
};

}  // namespace postrider::store
