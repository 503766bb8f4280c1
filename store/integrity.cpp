#include "store/integrity.h"

#include <string_view>

namespace postrider::store {

namespace {

constexpr std::string_view schema_table = "sqlite_schema";

}  // namespace

std::vector<std::string> Integrity::tables() {
  std::vector<std::string> names{std::string(schema_table)};
  try {
    auto query =
        database_.prepare_once("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    while (query.step()) names.push_back(query.text(0));
  } catch (const Damaged&) {
    names.resize(1);
  }
  return names;
}

std::optional<TableFault> Integrity::look_at(const std::string& table) {
  TableFault fault{table, {}, 0};
  try {
    auto check = database_.prepare_once("PRAGMA integrity_check('" + table + "')");
    while (check.step()) {
      const auto said = check.view(0);
      if (said == "ok") return {};
      if (fault.what.empty())
        fault.what = said;
      else
        ++fault.more;
    }
  } catch (const Damaged& error) {
    if (fault.what.empty()) fault.what = error.what();
  }
  return fault;
}

}  // namespace postrider::store
