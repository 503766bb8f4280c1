// Cancelling, retrying and what a clock that is put back leaves waiting: in steps of some thousand
// deliveries, each a transaction that leaves the sums right.
#include "base/text.h"
#include "store/ledger.h"
#include "store/sums.h"

namespace postrider::store {

using queue::Issue;
using queue::IssueState;

namespace {

constexpr std::int64_t rows_a_step = 2000;

std::string as_it_is(const Issue& issue) {
  return "issue '" + issue.slug + "' is " + std::string(to_string(issue.state));
}

/// Cancels a step's rows of an issue that wait, and counts them so. How many there were.
std::int64_t cancel_rows(Database& database, IssueId issue) {
  std::vector<std::int64_t> subscribers;
  queue::IssueSums difference;
  {
    auto query = database.prepare(
        "SELECT subscriber_id, state, attempts FROM deliveries WHERE issue_id = ? "
        "AND state IN (0, 7) AND due IS NOT NULL LIMIT ?");
    query.bind(issue.value).bind(rows_a_step);
    while (query.step()) {
      subscribers.push_back(query.integer(0));
      --(difference.*sum_of(static_cast<queue::DeliveryState>(query.integer(1)),
                            static_cast<int>(query.integer(2))));
      ++difference.cancelled;
    }
  }
  auto update = database.prepare(
      "UPDATE deliveries SET state = 6, due = NULL WHERE issue_id = ? AND subscriber_id = ?");
  for (const auto subscriber : subscribers) update.bind(issue.value).bind(subscriber).run();
  add_to_sums(database, issue, difference);
  return difference.cancelled;
}

}  // namespace

Result<void> Ledger::cancel(std::string_view slug, const Actor& actor, Instant now) {
  IssueId id;
  const auto cancelled = change(slug, [&](const Issue& issue) -> Result<void> {
    if (issue.state == IssueState::sent || issue.state == IssueState::cancelled)
      return fail(as_it_is(issue) + " already");
    id = issue.id;
    database_.prepare("UPDATE issues SET finished_at = ? WHERE id = ?")
        .bind(now)
        .bind(issue.id.value)
        .run();
    move(issue.id, IssueState::cancelled, "", actor, now);
    return {};
  });
  // From here on nothing is sent; should this be cut off, the daemon does the rest.
  while (cancelled && cancel_rest(id)) database_.let_others_write();
  return cancelled;
}

bool Ledger::cancel_rest(IssueId issue) {
  bool more = false;
  database_.transact([&] {
    const auto row = find_issue(issue);
    if (row && row->started_at && row->state == IssueState::cancelled)
      more = cancel_rows(database_, issue) == rows_a_step;
  });
  return more;
}

std::optional<IssueId> Ledger::cancelled_in_part() {
  auto query = database_.prepare(
      "SELECT i.id FROM issue_sums m JOIN issues i ON i.id = m.issue_id WHERE i.state = 6 AND "
      "m.pending + m.deferred + m.in_doubt > 0 AND EXISTS (SELECT 1 FROM deliveries d WHERE "
      "d.issue_id = i.id AND d.state IN (0, 7) AND d.due IS NOT NULL) LIMIT 1");
  if (!query.step()) return {};
  return IssueId{query.integer(0)};
}

namespace {

/// The last subscriber of the issue's next deliveries after that one that are taken up in one step;
/// nothing: there are no more.
std::optional<std::int64_t> end_of_step(Database& database, IssueId issue, std::int64_t from) {
  auto query = database.prepare(
      "SELECT max(subscriber_id) FROM (SELECT subscriber_id FROM deliveries WHERE issue_id = ? "
      "AND subscriber_id > ? ORDER BY subscriber_id LIMIT ?)");
  query.bind(issue.value).bind(from).bind(rows_a_step);
  query.step();
  if (query.is_null(0)) return {};
  return query.integer(0);
}

/// What `retry` takes up: failed; waiting after a try; in doubt and held. Readers who would not be
/// mailed at a freeze now are left as they are.
constexpr std::string_view to_retry =
    " FROM deliveries d JOIN subscriptions n ON n.list_id = d.list_id "
    "AND n.subscriber_id = d.subscriber_id AND n.state = 1 "
    "JOIN subscribers s ON s.id = d.subscriber_id WHERE d.issue_id = ?1 "
    "AND d.subscriber_id > ?3 AND d.subscriber_id <= ?4 "
    "AND (d.state = 5 OR (d.state = 0 AND d.attempts > 0) OR (d.state = 7 AND d.due IS NULL)) "
    "AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical) "
    "AND (s.paused_until IS NULL OR s.paused_until <= ?2)";

/// Those after subscriber `from`, up to `to`. How many there were.
std::int64_t retry_rows(Database& database, const Issue& issue, std::int64_t from, std::int64_t to,
                        Instant now) {
  queue::IssueSums difference;
  std::int64_t readers = 0;
  {
    auto query =
        database.prepare("SELECT d.state, count(*)" + std::string(to_retry) + " GROUP BY d.state");
    query.bind(issue.id.value).bind(now).bind(from).bind(to);
    while (query.step()) {
      auto& sum = query.integer(0) == 5   ? difference.failed
                  : query.integer(0) == 7 ? difference.in_doubt
                                          : difference.deferred;
      sum -= query.integer(1);
      readers += query.integer(1);
    }
  }
  if (readers == 0) return 0;
  difference.deferred += readers;
  database
      .prepare(
          "UPDATE deliveries SET state = 0, due = ?2, attempts = max(attempts, 1), "
          "resends = 0, first_try = NULL WHERE issue_id = ?1 AND subscriber_id IN "
          "(SELECT d.subscriber_id" +
          std::string(to_retry) + ")")
      .bind(issue.id.value)
      .bind(now)
      .bind(from)
      .bind(to)
      .run();
  add_to_sums(database, issue.id, difference);
  database.prepare("UPDATE issues SET revision = revision + 1 WHERE id = ?")
      .bind(issue.id.value)
      .run();
  database.prepare("UPDATE issues SET state = ?, finished_at = NULL WHERE id = ? AND state = ?")
      .bind(static_cast<std::int64_t>(IssueState::sending))
      .bind(issue.id.value)
      .bind(static_cast<std::int64_t>(IssueState::sent))
      .run();
  return readers;
}

}  // namespace

Result<void> Ledger::retry(std::string_view slug, const Actor& actor, Instant now) {
  std::int64_t readers = 0;
  // Each step is whole: should this be cut off, another `retry` takes up the rest.
  for (std::optional<std::int64_t> at = 0; at;) {
    const auto before = readers;
    const auto step = change(slug, [&](const Issue& issue) -> Result<void> {
      if (!issue.started_at || issue.state == IssueState::cancelled)
        return fail(as_it_is(issue) + "; only an issue that is or was being sent can be retried");
      const auto from = *at;
      at = end_of_step(database_, issue.id, from);
      if (at) readers += retry_rows(database_, issue, from, *at, now);
      if (!at && readers > 0)
        note_event("issue.retry", counted(readers, "reader"), actor, now, issue.id);
      return {};
    });
    if (!step) return step;
    if (readers > before) database_.let_others_write();
  }
  if (readers == 0) return fail("issue '" + std::string(slug) + "' has nobody to try again");
  return {};
}

void Ledger::put_clock_back(Duration by, Instant now, bool undo) {
  database_.transact([&] {
    for (const std::int64_t rank : {0, 1})
      database_
          .prepare(
              "UPDATE notices SET due = max(?1, due - ?2) WHERE rank = ?3 AND due > ?1 "
              "AND state IN (0, 7) AND due IS NOT NULL")
          .bind(now)
          .bind(by.count())
          .bind(rank)
          .run();
    // Whoever was tried says that the window is over.
    database_
        .prepare(
            "UPDATE issues SET undo_until = ?1 WHERE state IN (1, 2, 4) AND undo_until > ?1 "
            "AND EXISTS (SELECT 1 FROM issue_sums m WHERE m.issue_id = issues.id "
            "AND m.accepted + m.deferred + m.bounced + m.failed + m.in_doubt > 0)")
        .bind(now)
        .run();
    if (undo)
      database_
          .prepare(
              "UPDATE issues SET undo_until = undo_until - ?2 WHERE state IN (1, 2, 4) "
              "AND undo_until > ?1")
          .bind(now)
          .bind(by.count())
          .run();
    note_event("clock.put_back", "by " + to_string(std::chrono::floor<std::chrono::seconds>(by)),
               "daemon", now);
  });
}

/// The hour of a reader's own zone is no matter of how long one waits.
bool Ledger::put_clock_back(IssueId issue, Duration by, Instant now, std::int64_t& from) {
  std::optional<std::int64_t> to;
  database_.transact([&] {
    to = end_of_step(database_, issue, from);
    if (!to) return;
    const auto moved =
        database_
            .prepare(
                "UPDATE deliveries SET due = iif(attempts > 0, max(?2, due - ?3), max(?2, coalesce("
                "(SELECT z.due FROM issue_zones z WHERE z.issue_id = ?1 AND z.zone = "
                "deliveries.zone), 0))) WHERE issue_id = ?1 AND subscriber_id > ?4 "
                "AND subscriber_id <= ?5 AND state IN (0, 7) AND due > ?2")
            .bind(issue.value)
            .bind(now)
            .bind(by.count())
            .bind(from)
            .bind(*to)
            .run();
    // The queue has put groups off by the old clock, whatever is due.
    if (moved > 0 || from == 0)
      database_.prepare("UPDATE issues SET revision = revision + 1 WHERE id = ?")
          .bind(issue.value)
          .run();
    from = *to;
  });
  return to.has_value();
}

}  // namespace postrider::store
