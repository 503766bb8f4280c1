// Whether a database is whole, and how much is in it: of a copy that nobody else uses.
#pragma once

#include <cstdint>

#include "store/sqlite.h"

namespace postrider::store {

struct Counts {
  std::int64_t subscribers = 0, issues = 0, deliveries = 0;
  bool operator==(const Counts&) const = default;
};

/// Reads all of it. Error: what is damaged.
Result<Counts> check_database(Database& database);

/// Gives back the space of what was deleted, where that is most of the file.
void shrink(Database& database);

}  // namespace postrider::store
