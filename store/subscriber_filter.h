// Which subscribers a list shows, as SQL.
#pragma once

#include <string_view>

#include "store/segment_sql.h"
#include "subscribers/store.h"

namespace postrider::store {

/// True or false for each row of `subscribers`, which is called `row` in the statement.
Condition filter_condition(Database& database, const subscribers::ListFilter& filter,
                           std::string_view row);

}  // namespace postrider::store
