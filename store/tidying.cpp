#include "store/tidying.h"

#include <algorithm>
#include <string>

#include "store/traces.h"

namespace postrider::store {

namespace {

constexpr std::int64_t pages_given_at_once = 64;

std::int64_t pragma_number(Database& database, const std::string& pragma) {
  auto query = database.prepare_once("PRAGMA " + pragma);
  query.step();
  return query.integer(0);
}

}  // namespace

std::int64_t pages_to_give_back(Database& database) {
  const auto free = pragma_number(database, "freelist_count");
  return std::max<std::int64_t>(0, free - pragma_number(database, "page_count") / 10);
}

std::int64_t give_pages_back(Database& database) {
  std::int64_t given = 0;
  database.transact([&] {
    const auto most = std::min(pages_given_at_once, pages_to_give_back(database));
    if (most == 0 || has_traces(database)) return;
    const auto before = pragma_number(database, "page_count");
    database.execute("PRAGMA incremental_vacuum(" + std::to_string(most) + ")");
    given = before - pragma_number(database, "page_count");
  });
  return given;
}

std::int64_t size_of_page(Database& database) { return pragma_number(database, "page_size"); }

}  // namespace postrider::store
