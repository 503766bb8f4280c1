#include "store/issue_zones.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/local_hour.h"
#include "store/sums.h"

namespace postrider::store {

namespace {

// Of one zone's readers, so many are looked at for one who is on a list.
constexpr std::int64_t most_looked_at = 500;

const std::string& known_zones() {
  static const auto names = nlohmann::json(zone_names()).dump();
  return names;
}

}  // namespace

std::vector<std::string> zones_of_lists(Database& database, const std::vector<std::string>& lists) {
  const auto keys = nlohmann::json(lists).dump();
  auto query = database.prepare(
      "SELECT z.value FROM json_each(?1) z WHERE EXISTS (SELECT 1 FROM (SELECT s.id FROM "
      "subscribers s WHERE s.zone = z.value AND s.zone <> '' LIMIT ?3) r WHERE EXISTS (SELECT 1 "
      "FROM json_each(?2) k JOIN lists l ON l.key = k.value JOIN subscriptions n ON "
      "n.list_id = l.id AND n.subscriber_id = r.id WHERE n.state = 1)) OR EXISTS (SELECT 1 FROM "
      "subscribers s WHERE s.zone = z.value AND s.zone <> '' LIMIT 1 OFFSET ?3)");
  query.bind(known_zones()).bind(keys).bind(most_looked_at);
  std::vector<std::string> zones;
  while (query.step()) zones.push_back(query.text(0));
  return zones;
}

std::string IssueZones::described() const {
  return std::to_string(at_.time_since_epoch().count()) + " " + order_.zone +
         (order_.missed == MissedHour::next_day ? " next_day" : "");
}

Instant IssueZones::home_due(Instant now) const {
  return local_due(at_, order_.zone, order_.missed, now);
}

bool IssueZones::is_stale(Instant now) {
  auto query = database_.prepare("SELECT name, due FROM issue_zones WHERE issue_id = ?");
  query.bind(issue_.value);
  while (query.step())
    if (local_due(at_, query.view(0), order_.missed, now) != query.instant(1)) return true;
  return false;
}

void IssueZones::extend(Instant now) {
  std::vector<std::string> added;
  std::int64_t number = 0;
  {
    auto query = database_.prepare(
        "SELECT z.value FROM json_each(?1) z WHERE EXISTS (SELECT 1 FROM subscribers s WHERE "
        "s.zone = z.value AND s.zone <> '') AND NOT EXISTS (SELECT 1 FROM issue_zones i WHERE "
        "i.issue_id = ?2 AND i.name = z.value)");
    query.bind(known_zones()).bind(issue_.value);
    while (query.step()) added.push_back(query.text(0));
  }
  {
    auto query =
        database_.prepare("SELECT coalesce(max(zone), -1) FROM issue_zones WHERE issue_id = ?");
    query.bind(issue_.value).step();
    number = query.integer(0);
  }
  const auto add = [&](const std::string& name) {
    database_.prepare("INSERT INTO issue_zones (issue_id, zone, name, due) VALUES (?, ?, ?, ?)")
        .bind(issue_.value)
        .bind(++number)
        .bind(name)
        .bind(local_due(at_, name, order_.missed, now))
        .run();
  };
  // Those who say nothing are counted with those who say just that.
  if (number < 0) add(order_.zone);
  for (const auto& name : added)
    if (name != order_.zone) add(name);
}

void forget_zones(Database& database, IssueId issue) {
  database.prepare("DELETE FROM issue_zones WHERE issue_id = ?").bind(issue.value).run();
}

std::vector<ZoneSums> zone_sums(Database& database, IssueId issue) {
  std::map<std::int64_t, ZoneSums> zones;
  {
    auto query = database.prepare("SELECT zone, name, due FROM issue_zones WHERE issue_id = ?");
    query.bind(issue.value);
    while (query.step()) zones[query.integer(0)] = {query.text(1), query.instant(2), {}};
  }
  if (zones.empty()) return {};
  {
    auto query = database.prepare(
        "SELECT zone, state, attempts > 0, count(*) FROM deliveries WHERE issue_id = ? "
        "GROUP BY 1, 2, 3");
    query.bind(issue.value);
    while (query.step())
      zones[query.integer(0)].sums.*sum_of(static_cast<queue::DeliveryState>(query.integer(1)),
                                           static_cast<int>(query.integer(2))) += query.integer(3);
  }
  std::vector<ZoneSums> all;
  for (auto& [number, zone] : zones)
    if (zone.sums.audience() > 0) all.push_back(std::move(zone));
  std::stable_sort(all.begin(), all.end(),
                   [](const ZoneSums& one, const ZoneSums& other) { return one.due < other.due; });
  return all;
}

}  // namespace postrider::store
