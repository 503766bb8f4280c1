#include "store/folding.h"

namespace postrider::store {

namespace {

constexpr std::int64_t folded_at_once = 300;

}  // namespace

std::vector<IssueId> Folding::due(Instant before) {
  std::vector<IssueId> issues;
  auto query = database_.prepare(
      "SELECT i.id FROM issues i LEFT JOIN foldings f ON f.issue_id = i.id WHERE i.state IN (3, 6) "
      "AND i.started_at IS NOT NULL AND i.finished_at < ? AND (f.issue_id IS NULL OR f.done = 0 "
      "OR f.ended <> i.finished_at) ORDER BY i.finished_at, i.id");
  query.bind(before);
  while (query.step()) issues.push_back({query.integer(0)});
  return issues;
}

bool Folding::step(IssueId issue, Instant before, Instant now, FoldedRows& rows) {
  bool more = false;
  FoldedRows gone;
  database_.transact([&] {
    gone = {};
    Place place;
    if (!begin(issue, before, now, place)) return;
    more = fold_attempts(issue, place, gone) || fold_events(issue, before, place, gone);
    database_
        .prepare(
            "UPDATE foldings SET readers_to = ?, events_to = ?, at = ?, done = ? WHERE issue_id = "
            "?")
        .bind(place.readers_to)
        .bind(place.events_to)
        .bind(now)
        .bind(std::int64_t{!more})
        .bind(issue.value)
        .run();
  });
  rows.attempts += gone.attempts;
  rows.events += gone.events;
  return more;
}

/// How far it has come. False: there is nothing to do.
bool Folding::begin(IssueId issue, Instant before, Instant now, Place& place) {
  {
    auto query = database_.prepare(
        "SELECT f.readers_to, f.events_to, f.done FROM issues i JOIN foldings f ON "
        "f.issue_id = i.id AND f.ended = i.finished_at WHERE i.id = ?");
    if (query.bind(issue.value).step()) {
      place = {query.integer(0), query.integer(1)};
      return query.integer(2) == 0;
    }
  }
  return database_
             .prepare(
                 "INSERT INTO foldings (issue_id, ended, at) SELECT id, finished_at, ?3 FROM "
                 "issues "
                 "WHERE id = ?1 AND state IN (3, 6) AND started_at IS NOT NULL AND finished_at < "
                 "?2 "
                 "ON CONFLICT DO UPDATE SET ended = excluded.ended, readers_to = 0, events_to = 0, "
                 "done = 0")
             .bind(issue.value)
             .bind(before)
             .bind(now)
             .run() > 0;
}

/// True: there may be more.
bool Folding::fold_attempts(IssueId issue, Place& place, FoldedRows& rows) {
  std::int64_t to = 0;
  {
    auto query = database_.prepare(
        "SELECT max(subscriber_id) FROM (SELECT subscriber_id FROM attempts WHERE issue_id = ? "
        "AND subscriber_id > ? ORDER BY subscriber_id LIMIT ?)");
    query.bind(issue.value).bind(place.readers_to).bind(folded_at_once).step();
    if (query.is_null(0)) return false;
    to = query.integer(0);
  }
  rows.attempts +=
      database_
          .prepare(
              "DELETE FROM attempts WHERE issue_id = ?1 AND subscriber_id > ?2 AND "
              "subscriber_id <= ?3 AND outcome NOT IN (0, 3) AND number < (SELECT max(l.number) "
              "FROM attempts l WHERE l.issue_id = ?1 AND l.subscriber_id = "
              "attempts.subscriber_id AND l.notice = attempts.notice)")
          .bind(issue.value)
          .bind(place.readers_to)
          .bind(to)
          .run();
  place.readers_to = to;
  return true;
}

/// The newest event of all stays: its number is not given again. True: there may be more.
bool Folding::fold_events(IssueId issue, Instant before, Place& place, FoldedRows& rows) {
  std::int64_t to = 0;
  {
    auto query = database_.prepare(
        "SELECT max(id) FROM (SELECT id FROM events WHERE issue_id = ? AND id > ? ORDER BY id "
        "LIMIT ?)");
    query.bind(issue.value).bind(place.events_to).bind(folded_at_once).step();
    if (query.is_null(0)) return false;
    to = query.integer(0);
  }
  rows.events += database_
                     .prepare(
                         "DELETE FROM events WHERE issue_id = ?1 AND id > ?2 AND id <= ?3 AND "
                         "kind = 'mail.returned' AND at < ?4 AND id < (SELECT max(id) FROM events)")
                     .bind(issue.value)
                     .bind(place.events_to)
                     .bind(to)
                     .bind(before)
                     .run();
  place.events_to = to;
  return true;
}

std::optional<Instant> Folding::folded_at(IssueId issue) {
  auto query = database_.prepare("SELECT at FROM foldings WHERE issue_id = ?");
  if (!query.bind(issue.value).step()) return {};
  return query.instant(0);
}

}  // namespace postrider::store
