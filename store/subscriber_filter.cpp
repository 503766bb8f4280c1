#include "store/subscriber_filter.h"

#include <iterator>

namespace postrider::store {

namespace {

std::vector<std::string> lists_of(Database& database, const std::string& named) {
  if (!named.empty()) return {named};
  std::vector<std::string> keys;
  auto query = database.prepare("SELECT key FROM lists");
  while (query.step()) keys.push_back(query.text(0));
  return keys;
}

void add(Condition& all, Condition one) {
  all.sql += (all.sql.empty() ? "(" : " AND (") + one.sql + ")";
  std::move(one.values.begin(), one.values.end(), std::back_inserter(all.values));
}

/// Has to do with the list, in the state.
Condition subscribed(const subscribers::ListFilter& filter, const std::string& row) {
  Condition condition{
      "EXISTS (SELECT 1 FROM subscriptions n WHERE n.subscriber_id = " + row + ".id", {}};
  if (!filter.list.empty()) {
    condition.sql += " AND n.list_id = (SELECT l.id FROM lists l WHERE l.key = ?)";
    condition.values.emplace_back(filter.list);
  }
  if (filter.state) {
    condition.sql += " AND n.state = ?";
    condition.values.emplace_back(static_cast<std::int64_t>(*filter.state));
  }
  condition.sql += ")";
  return condition;
}

}  // namespace

Condition filter_condition(Database& database, const subscribers::ListFilter& filter,
                           std::string_view row) {
  const std::string s(row);
  Condition all;
  if (!filter.list.empty() || filter.state) add(all, subscribed(filter, s));
  if (filter.suppressed)
    add(all, {"EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = " + s + ".canonical)", {}});
  if (filter.paused_at)
    add(all, {"coalesce(" + s + ".paused_until, 0) > ?",
              {filter.paused_at->time_since_epoch().count()}});
  if (filter.condition)
    add(all, segment_condition(*filter.condition, row, lists_of(database, filter.list)));
  if (all.sql.empty()) all.sql = "TRUE";
  return all;
}

}  // namespace postrider::store
