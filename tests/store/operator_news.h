// What waits to be told to the operator.
#pragma once

#include <string>
#include <vector>

#include "store/operator_mail.h"

namespace postrider::test {

/// "weekly: its line" of each of that kind, oldest first.
inline std::vector<std::string> news_of(store::Database& database, store::OperatorEvent kind) {
  std::vector<std::string> all;
  auto query = database.prepare(
      "SELECT about || ': ' || line FROM operator_mails WHERE kind = ? AND notice IS NULL "
      "ORDER BY id");
  query.bind(static_cast<std::int64_t>(kind));
  while (query.step()) all.push_back(query.text(0));
  return all;
}

}  // namespace postrider::test
