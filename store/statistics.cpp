#include "store/statistics.h"

#include <iterator>
#include <stdexcept>

#include "base/time_zone.h"

namespace postrider::store {

namespace {

using Days = std::chrono::local_days;

/// Which week an instant is in. Each week's bounds are looked up in the calendar once.
class Calendar {
 public:
  explicit Calendar(std::string_view zone) : zone_(zone) {}

  Days monday_of(Instant at) {
    const auto next = weeks_.upper_bound(at);
    if (next != weeks_.begin()) {
      const auto& [monday, end] = std::prev(next)->second;
      if (at < end) return monday;
    }
    const auto day = std::chrono::floor<std::chrono::days>(to_local(at, zone_).value());
    const auto monday = day - (std::chrono::weekday(day) - std::chrono::Monday);
    weeks_[start_of(monday)] = {monday, start_of(monday + std::chrono::weeks(1))};
    return monday;
  }

 private:
  struct Week {
    Days monday;
    Instant end;
  };

  Instant start_of(Days day) const { return to_instant(LocalTime(day), zone_).value(); }

  const std::string zone_;
  std::map<Instant, Week> weeks_;
};

/// "import 3" → "import".
std::string kind_of(const std::string& actor) { return actor.substr(0, actor.find(' ')); }

}  // namespace

std::vector<ListStanding> Statistics::standings() {
  auto query = database_.prepare(
      "SELECT l.key, coalesce(sum(n.state = 1), 0), coalesce(sum(n.state = 0), 0), "
      "coalesce(sum(n.state = 2), 0), (SELECT count(*) FROM suppressions x CROSS JOIN subscribers "
      "s "
      "ON s.canonical = x.canonical CROSS JOIN subscriptions o ON o.list_id = l.id AND "
      "o.subscriber_id = s.id WHERE o.state = 1) FROM lists l LEFT JOIN subscriptions n ON "
      "n.list_id = l.id "
      "WHERE ?1 = '' OR l.key = ?1 GROUP BY l.id ORDER BY l.id");
  query.bind(list_);
  std::vector<ListStanding> all;
  while (query.step())
    all.push_back({.list = query.text(0),
                   .confirmed = query.integer(1),
                   .suppressed = query.integer(4),
                   .pending = query.integer(2),
                   .unsubscribed = query.integer(3)});
  return all;
}

std::map<std::chrono::local_days, WeekOfList> Statistics::weeks(std::string_view zone) {
  // Who left has left by an event of the same moment, or by an import, whose evidence then stands
  // in the place of that of joining; of an export that was read back, nothing tells by whom.
  auto query = database_.prepare(
      "SELECT n.joined_at, coalesce(e.kind, 'unknown'), n.state = 2, n.since, (SELECT v.actor "
      "FROM events v WHERE v.subscriber_id = n.subscriber_id AND n.state = 2 AND "
      "v.kind = 'subscriber.unsubscribed' AND v.at = n.since LIMIT 1), "
      "(SELECT coalesce(b.kind, 'unknown') FROM imports m CROSS JOIN import_changes c "
      "ON c.import_id = m.id AND c.subscriber_id = n.subscriber_id LEFT JOIN evidence b "
      "ON b.id = c.before ->> '$.subscription.evidence' WHERE n.state = 2 "
      "AND m.evidence_id = n.evidence_id), e.at "
      "FROM lists l CROSS JOIN subscriptions n ON n.list_id = l.id "
      "LEFT JOIN evidence e ON e.id = n.evidence_id "
      "WHERE (?1 = '' OR l.key = ?1) AND n.joined_at IS NOT NULL");
  query.bind(list_);
  Calendar calendar(zone);
  std::map<std::chrono::local_days, WeekOfList> weeks;
  while (query.step()) {
    const bool by_event = !query.is_null(4), by_import = !by_event && !query.is_null(5);
    ++weeks[calendar.monday_of(query.instant(0))].joined[query.text(query.is_null(5) ? 1 : 5)];
    if (query.integer(2) == 0) continue;
    const auto by = by_event ? kind_of(query.text(4)) : by_import ? "import" : "unknown";
    ++weeks[calendar.monday_of(query.instant(by_import ? 6 : 3))].left[by];
  }
  return weeks;
}

std::vector<DeparturesOfIssue> Statistics::departures() {
  auto query = database_.prepare(
      "SELECT i.slug, i.started_at, m.accepted + m.deferred + m.bounced + m.failed + m.cancelled + "
      "m.in_doubt + m.pending, count(DISTINCT v.subscriber_id) FROM events v "
      "JOIN issues i ON i.id = v.issue_id "
      "JOIN issue_sums m ON m.issue_id = i.id WHERE v.issue_id IS NOT NULL "
      "AND v.kind = 'subscriber.unsubscribed' AND EXISTS (SELECT 1 FROM subscriptions n "
      "JOIN lists l ON l.id = n.list_id AND (?1 = '' OR l.key = ?1) WHERE n.subscriber_id = "
      "v.subscriber_id AND n.state = 2 AND n.since = v.at) GROUP BY i.id ORDER BY i.started_at "
      "DESC, i.id DESC");
  query.bind(list_);
  std::vector<DeparturesOfIssue> all;
  while (query.step())
    all.push_back({query.text(0), query.instant(1), query.integer(2), query.integer(3)});
  return all;
}

}  // namespace postrider::store
