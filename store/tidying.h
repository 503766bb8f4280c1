// Pages that nobody uses any more, given back to the disk in steps that others hardly wait for.
#pragma once

#include <cstdint>

#include "store/sqlite.h"

namespace postrider::store {

/// Free pages beyond a tenth of the file, which the next issue takes.
std::int64_t pages_to_give_back(Database& database);
/// A step of giving those back, a transaction of some milliseconds: the file's last pages move into
/// free ones, and the file ends sooner. How many went; 0: none, since there are no more, or since
/// what was erased is still to be removed from the file as it is (store/traces.h).
std::int64_t give_pages_back(Database& database);
std::int64_t size_of_page(Database& database);

}  // namespace postrider::store
