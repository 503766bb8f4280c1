// Lists and events; issues are in ledger_issues.cpp, cancelling and retrying in ledger_steps.cpp,
// the freeze in ledger_freeze.cpp, readers in ledger_readers.cpp.
#include "store/ledger.h"

#include <algorithm>

#include "base/random.h"
#include "store/import_changes.h"

namespace postrider::store {

void Ledger::know_lists(const std::vector<std::string>& keys) {
  const auto known = lists();
  const auto is_known = [&](const std::string& key) {
    return std::any_of(known.begin(), known.end(), [&](const auto& row) { return row.key == key; });
  };
  // Commands that only look wait for no other writer.
  if (std::all_of(keys.begin(), keys.end(), is_known)) return;
  database_.transact([&] {
    for (const auto& key : keys)
      database_.prepare("INSERT INTO lists (key, uid) VALUES (?, ?) ON CONFLICT (key) DO NOTHING")
          .bind(key)
          .bind(static_cast<std::int64_t>(random_u64()))
          .run();
  });
}

std::vector<Ledger::ListRow> Ledger::lists() {
  std::vector<ListRow> rows;
  auto query = database_.prepare("SELECT id, key, uid FROM lists ORDER BY id");
  while (query.step())
    rows.push_back(
        {{query.integer(0)}, query.text(1), static_cast<std::uint64_t>(query.integer(2))});
  return rows;
}

void Ledger::note_event(std::string_view kind, std::string_view detail, const Actor& actor,
                        Instant now, std::optional<IssueId> issue,
                        std::optional<SubscriberId> subscriber) {
  const auto row = [](const auto& id) -> std::optional<std::int64_t> {
    return id ? std::optional(id->value) : std::nullopt;
  };
  database_
      .prepare(
          "INSERT INTO events (at, kind, actor, detail, issue_id, subscriber_id) "
          "VALUES (?, ?, ?, ?, ?, ?)")
      .bind(now)
      .bind(kind)
      .bind(actor)
      .bind(detail)
      .bind(row(issue))
      .bind(row(subscriber))
      .run();
}

namespace {

std::vector<Event> read_events(Statement& query) {
  std::vector<Event> events;
  while (query.step())
    events.push_back({query.integer(0), query.instant(1), query.text(2), query.text(3),
                      query.text(4), query.text(5), query.text(6)});
  return events;
}

constexpr std::string_view event_columns =
    "SELECT e.id, e.at, e.kind, e.actor, e.detail, coalesce(i.slug, ''), coalesce(s.email, '') "
    "FROM events e LEFT JOIN issues i ON i.id = e.issue_id "
    "LEFT JOIN subscribers s ON s.id = e.subscriber_id WHERE ";

/// What came back is told with its reader, in their story and by `bounce list`.
constexpr std::string_view of_no_reader =
    "e.kind NOT LIKE 'subscriber.%' AND e.kind NOT IN ('mail.returned', 'mail.forwarded')";

}  // namespace

std::vector<Event> Ledger::events_of(SubscriberId subscriber) {
  auto events = import_events(database_, subscriber);
  auto query = database_.prepare(std::string(event_columns) + "e.subscriber_id = ? ORDER BY e.id");
  query.bind(subscriber.value);
  for (auto& event : read_events(query)) events.push_back(std::move(event));
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& one, const Event& other) { return one.at < other.at; });
  return events;
}

std::vector<Event> Ledger::events_of(IssueId issue) {
  auto query = database_.prepare(std::string(event_columns) + "e.issue_id = ? AND " +
                                 std::string(of_no_reader) + " ORDER BY e.id");
  query.bind(issue.value);
  return read_events(query);
}

std::int64_t Ledger::newest_event() {
  auto query = database_.prepare("SELECT coalesce(max(id), 0) FROM events");
  query.step();
  return query.integer(0);
}

std::vector<Event> Ledger::events_to_tell(std::int64_t after) {
  auto query = database_.prepare(
      std::string(event_columns) + "e.id > ? AND (e.issue_id IS NOT NULL AND " +
      std::string(of_no_reader) +
      " OR e.kind GLOB 'sign_up.*' OR e.kind GLOB 'bounces.*' OR e.kind GLOB 'relay.*' "
      "OR e.kind GLOB 'mailbox.*' OR e.kind GLOB 'database.*' OR e.kind GLOB 'disk.*' "
      "OR e.kind GLOB 'certificate.*' OR e.kind GLOB 'maintenance.*' OR e.kind GLOB 'slot.*' "
      "OR e.kind GLOB 'clock.*') ORDER BY e.id LIMIT 500");
  query.bind(after);
  return read_events(query);
}

std::optional<std::int64_t> Ledger::events_told() {
  auto query = database_.prepare("SELECT value FROM meta WHERE key = 'events_told'");
  if (!query.step()) return {};
  return query.integer(0);
}

void Ledger::set_events_told(std::optional<std::int64_t> last) {
  if (last)
    database_
        .prepare(
            "INSERT INTO meta VALUES ('events_told', ?) ON CONFLICT DO UPDATE SET value = "
            "excluded.value")
        .bind(*last)
        .run();
  else
    database_.prepare("DELETE FROM meta WHERE key = 'events_told'").run();
}

std::vector<Event> Ledger::events_after(std::int64_t id, int most) {
  auto query = database_.prepare(std::string(event_columns) + "e.id > ? ORDER BY e.id LIMIT ?");
  query.bind(id).bind(static_cast<std::int64_t>(most));
  return read_events(query);
}

std::vector<Event> Ledger::events_before(std::int64_t id, int most) {
  auto query =
      database_.prepare(std::string(event_columns) + "e.id < ? ORDER BY e.id DESC LIMIT ?");
  query.bind(id).bind(static_cast<std::int64_t>(most));
  return read_events(query);
}

std::optional<Instant> Ledger::next_due(IssueId issue) {
  auto query = database_.prepare(
      "SELECT max(min((SELECT min(due) FROM deliveries d WHERE d.issue_id = g.issue_id "
      "AND d.pacing_group = g.pacing_group AND d.state IN (0, 7) AND d.due IS NOT NULL)), "
      "coalesce((SELECT undo_until FROM issues i WHERE i.id = ?1), 0)) "
      "FROM issue_groups g WHERE g.issue_id = ?1");
  query.bind(issue.value).step();
  return query.optional_instant(0);
}

std::optional<Instant> Ledger::last_due(IssueId issue) {
  auto query = database_.prepare(
      "SELECT max((SELECT max(due) FROM deliveries d WHERE d.issue_id = g.issue_id "
      "AND d.pacing_group = g.pacing_group AND d.state IN (0, 7) AND d.due IS NOT NULL)) "
      "FROM issue_groups g WHERE g.issue_id = ?");
  query.bind(issue.value).step();
  return query.optional_instant(0);
}

std::int64_t Ledger::waiting(IssueId issue, std::string_view domain) {
  auto query = database_.prepare(
      "SELECT count(*) FROM deliveries INDEXED BY deliveries_due WHERE issue_id = ? "
      "AND pacing_group = (SELECT id FROM domains WHERE name = ?) AND state IN (0, 7) "
      "AND due IS NOT NULL");
  query.bind(issue.value).bind(domain).step();
  return query.integer(0);
}

std::vector<queue::Allowance> Ledger::allowances() {
  std::vector<queue::Allowance> all;
  auto query = database_.prepare("SELECT name, tokens, at FROM allowances");
  while (query.step()) all.push_back({query.text(0), query.real(1), query.instant(2)});
  return all;
}

std::vector<queue::Pause> Ledger::pauses() {
  std::vector<queue::Pause> all;
  auto query = database_.prepare("SELECT name, until, reason FROM pauses");
  while (query.step()) all.push_back({query.text(0), query.instant(1), query.text(2)});
  return all;
}

}  // namespace postrider::store
