#include "store/database_check.h"

namespace postrider::store {

namespace {

std::int64_t only_number(Database& database, std::string_view sql) {
  auto query = database.prepare_once(sql);
  query.step();
  return query.integer(0);
}

}  // namespace

Result<Counts> check_database(Database& database) {
  auto check = database.prepare_once("PRAGMA integrity_check(1)");
  check.step();
  if (check.text(0) != "ok")
    return fail(database.file().string() + ": is damaged: " + check.text(0));
  return Counts{only_number(database, "SELECT count(*) FROM subscribers"),
                only_number(database, "SELECT count(*) FROM issues"),
                only_number(database, "SELECT count(*) FROM deliveries")};
}

void shrink(Database& database) {
  const auto unused = only_number(database, "PRAGMA freelist_count");
  if (unused > only_number(database, "PRAGMA page_count") / 2) database.execute("VACUUM");
}

}  // namespace postrider::store
