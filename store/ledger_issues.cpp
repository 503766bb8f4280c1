// Issues from draft to sent: rows, states and the moves between them. What changes millions of rows
// is in ledger_steps.cpp.
#include <nlohmann/json.hpp>

#include "base/local_hour.h"
#include "base/random.h"
#include "base/slots.h"
#include "base/time_text.h"
#include "base/time_zone.h"
#include "store/ledger.h"
#include "store/operator_mail.h"
#include "store/sums.h"

namespace postrider::store {

using queue::Issue;
using queue::IssueState;

namespace {

constexpr std::int64_t number(IssueState state) { return static_cast<std::int64_t>(state); }

constexpr std::string_view issue_columns =
    "SELECT i.id, i.uid, i.slug, i.title, i.state, i.path, i.source_hash, i.lists, i.ready, "
    "i.missing, i.note, i.chosen_at, i.scheduled_at, i.started_at, i.finished_at, m.accepted, "
    "m.deferred, m.bounced, m.failed, m.cancelled, m.in_doubt, m.pending, i.segment, i.held_by, "
    "i.released, i.undo_until, i.local_time, i.local_day, i.version, coalesce((SELECT o.slug FROM "
    "errata e JOIN issues o ON o.id = e.corrects WHERE e.issue_id = i.id), '') "
    "FROM issues i LEFT JOIN issue_sums m ON m.issue_id = i.id ";

Issue read_issue(Statement& query) {
  Issue issue;
  issue.id = {query.integer(0)};
  issue.uid = static_cast<std::uint64_t>(query.integer(1));
  issue.slug = query.text(2);
  issue.title = query.text(3);
  issue.state = static_cast<IssueState>(query.integer(4));
  issue.path = query.text(5);
  issue.source_hash = query.text(6);
  issue.lists = nlohmann::json::parse(query.view(7)).get<std::vector<std::string>>();
  issue.ready = query.integer(8) != 0;
  issue.missing = query.integer(9) != 0;
  issue.note = query.text(10);
  issue.chosen_at = query.optional_instant(11);
  issue.scheduled_at = query.optional_instant(12);
  issue.started_at = query.optional_instant(13);
  issue.finished_at = query.optional_instant(14);
  issue.sums = {query.integer(15), query.integer(16), query.integer(17), query.integer(18),
                query.integer(19), query.integer(20), query.integer(21)};
  issue.segment = query.text(22);
  issue.held_by = query.text(23);
  issue.released = query.text(24);
  issue.undo_until = query.optional_instant(25);
  if (!query.is_null(26)) issue.local_time = std::chrono::seconds(query.integer(26));
  if (!query.is_null(27))
    issue.local_day = std::chrono::local_days(std::chrono::days(query.integer(27)));
  issue.version = static_cast<int>(query.integer(28));
  issue.corrects = query.text(29);
  return issue;
}

void add_excluded(Database& database, Issue& issue) {
  auto query = database.prepare("SELECT reason, readers FROM issue_excluded WHERE issue_id = ?");
  query.bind(issue.id.value);
  while (query.step()) issue.excluded[query.text(0)] = query.integer(1);
}

std::optional<Issue> only_issue(Database& database, Statement& query) {
  if (!query.step()) return {};
  auto issue = read_issue(query);
  add_excluded(database, issue);
  return issue;
}

std::string when(Instant instant) { return time_text(instant, "UTC"); }

std::optional<std::int64_t> seconds_of(std::optional<std::chrono::seconds> time) {
  return time ? std::optional<std::int64_t>(time->count()) : std::nullopt;
}

/// Its number, and the slot that it takes.
std::pair<std::optional<std::int64_t>, std::optional<Instant>> columns_of(
    const std::optional<queue::LocalDay>& day) {
  if (!day) return {};
  return {day->day.time_since_epoch().count(), day->slot};
}

/// "for 2022-01-10 08:00 UTC", by local time with the hour and its day.
std::string planned_for(Instant at, std::optional<std::chrono::seconds> time,
                        const std::optional<queue::LocalDay>& day) {
  return "for " + when(at) +
         (time && day
              ? ", the first readers' " + time_of_day_text(*time) + " on " + day_text(day->day)
              : "");
}

std::string named(std::string_view slug) { return "issue '" + std::string(slug) + "'"; }

/// What the event of a draft's new state says.
std::string told_of(const DraftRecord& draft) {
  if (!draft.scheduled_at) return draft.note;
  const auto time = planned_for(*draft.scheduled_at, draft.local_time, draft.local_day);
  if (draft.note.empty()) return time;
  return draft.state == IssueState::scheduled ? time + "; " + draft.note : draft.note;
}

/// An issue that has come to this state, if it is one that needs somebody.
void tell_stopped(Database& database, const std::string& slug, IssueState state,
                  std::string_view note, Instant now) {
  const std::string why(note);
  if (state == IssueState::held)
    OperatorMails(database).tell(OperatorEvent::issue_held, slug, why, now);
  if (state == IssueState::rejected)
    OperatorMails(database).tell(OperatorEvent::issue_rejected, slug,
                                 why + "; mend the draft, and look at it by `postrider check`",
                                 now);
}

}  // namespace

std::optional<Issue> Ledger::find_issue(std::string_view slug) {
  auto query = database_.prepare(std::string(issue_columns) + "WHERE i.slug = ?");
  query.bind(slug);
  return only_issue(database_, query);
}

std::optional<Issue> Ledger::find_issue(IssueId id) {
  auto query = database_.prepare(std::string(issue_columns) + "WHERE i.id = ?");
  query.bind(id.value);
  return only_issue(database_, query);
}

std::optional<Issue> Ledger::find_issue_by_path(std::string_view path) {
  // A file that changed its slug has left a row behind; the newest one is its own.
  auto query = database_.prepare(std::string(issue_columns) +
                                 "WHERE i.path = ? ORDER BY i.missing, i.id DESC LIMIT 1");
  query.bind(path);
  return only_issue(database_, query);
}

std::optional<IssueId> Ledger::find_issue_by_uid(std::uint64_t uid) {
  auto query = database_.prepare("SELECT id FROM issues WHERE uid = ?");
  query.bind(static_cast<std::int64_t>(uid));
  if (!query.step()) return {};
  return IssueId{query.integer(0)};
}

std::vector<Issue> Ledger::issues() {
  std::vector<Issue> all;
  {
    auto query = database_.prepare(
        std::string(issue_columns) +
        "ORDER BY CASE WHEN i.state IN (2, 4) THEN 0 WHEN i.state IN (1, 5) THEN 1 "
        "WHEN i.state IN (0, 7) THEN 2 ELSE 3 END, "
        "CASE WHEN i.state = 1 THEN i.scheduled_at END NULLS LAST, "
        "coalesce(i.finished_at, i.started_at, i.scheduled_at) DESC, i.id DESC");
    while (query.step()) all.push_back(read_issue(query));
  }
  for (auto& issue : all) add_excluded(database_, issue);
  return all;
}

IssueId Ledger::put_draft(const DraftRecord& draft, const Actor& actor, Instant now) {
  IssueId id;
  database_.transact([&] {
    const auto before = find_issue(draft.slug);
    if (before && before->started_at)
      throw std::logic_error(named(draft.slug) + " has started: its draft changes nothing");
    if (!before) {
      database_
          .prepare(
              "INSERT INTO issues (uid, slug, title, state, path, source_hash, lists, ready) "
              "VALUES (?, ?, '', 0, '', '', '[]', 0)")
          .bind(static_cast<std::int64_t>(random_u64()))
          .bind(draft.slug)
          .run();
      id = {database_.last_insert_id()};
    } else {
      id = before->id;
    }
    const auto lists = nlohmann::json(draft.lists).dump();
    const auto [day, slot] = columns_of(draft.local_day);
    database_
        .prepare(
            "UPDATE issues SET title = ?, state = ?, path = ?, source_hash = ?, lists = ?, "
            "segment = ?, ready = ?, missing = 0, note = ?, scheduled_at = ?, local_time = ?, "
            "local_day = ?, slot_at = ?, held_by = iif(?2 = 5, held_by, '') WHERE id = ?")
        .bind(draft.title)
        .bind(number(draft.state))
        .bind(draft.path)
        .bind(draft.source_hash)
        .bind(lists)
        .bind(draft.segment)
        .bind(static_cast<std::int64_t>(draft.ready))
        .bind(draft.note)
        .bind(draft.scheduled_at)
        .bind(seconds_of(draft.local_time))
        .bind(day)
        .bind(slot)
        .bind(id.value)
        .run();
    const bool has_new_time = draft.state == IssueState::scheduled && before &&
                              before->scheduled_at != draft.scheduled_at;
    if (!before || before->state != draft.state || before->note != draft.note || has_new_time)
      note_event("issue." + std::string(to_string(draft.state)), told_of(draft), actor, now, id);
    if (!before || before->state != draft.state)
      tell_stopped(database_, draft.slug, draft.state, draft.note, now);
  });
  return id;
}

void Ledger::set_missing(IssueId issue, bool missing, Instant now) {
  database_.transact([&] {
    // A scheduled issue's note says why nothing comes of it; one that is held keeps its own.
    const auto changed =
        database_
            .prepare(
                "UPDATE issues SET missing = ?1, note = CASE WHEN state <> 1 THEN note WHEN ?1 "
                "THEN 'its draft ' || path || ' is gone; it is sent only if that comes back' "
                "ELSE '' END WHERE id = ?2 AND missing <> ?1")
            .bind(static_cast<std::int64_t>(missing))
            .bind(issue.value)
            .run();
    if (changed > 0)
      note_event(missing ? "draft.missing" : "draft.found", "", "daemon", now, issue);
  });
}

bool Ledger::first_scan_done() {
  return database_.prepare("SELECT 1 FROM meta WHERE key = 'first_scan'").step();
}

void Ledger::set_first_scan_done(Instant now) {
  database_.prepare("INSERT INTO meta VALUES ('first_scan', ?) ON CONFLICT DO NOTHING")
      .bind(now)
      .run();
}

std::vector<Issue> Ledger::due_issues(Instant now) {
  std::vector<Issue> due;
  auto query = database_.prepare(std::string(issue_columns) +
                                 "WHERE i.state = 1 AND i.missing = 0 AND i.scheduled_at <= ? "
                                 "ORDER BY i.scheduled_at, i.id");
  query.bind(now);
  while (query.step()) due.push_back(read_issue(query));
  return due;
}

std::vector<Issue> Ledger::issues_under_way() {
  std::vector<Issue> under_way;
  auto query = database_.prepare(std::string(issue_columns) +
                                 "WHERE i.state IN (2, 4) AND i.started_at IS NOT NULL "
                                 "ORDER BY i.started_at, i.id");
  while (query.step()) under_way.push_back(read_issue(query));
  return under_way;
}

void Ledger::move(IssueId issue, IssueState state, std::string_view note, const Actor& actor,
                  Instant now, std::string_view detail) {
  database_.prepare("UPDATE issues SET state = ?, note = ?, held_by = '' WHERE id = ?")
      .bind(number(state))
      .bind(note)
      .bind(issue.value)
      .run();
  note_event("issue." + std::string(to_string(state)), note.empty() ? detail : note, actor, now,
             issue);
}

void Ledger::put_off(IssueId id, IssueState state, std::string_view note, const Actor& actor,
                     Instant now) {
  database_.transact([&] {
    const auto issue = find_issue(id);
    if (!issue || issue->started_at || issue->state == IssueState::cancelled)
      throw std::logic_error("only an issue that has not started is held or rejected");
    move(id, state, note, actor, now);
    tell_stopped(database_, issue->slug, state, note, now);
  });
}

void Ledger::hold(IssueId issue, std::string_view note, const Actor& actor, Instant now,
                  std::string_view guards) {
  database_.transact([&] {
    put_off(issue, IssueState::held, note, actor, now);
    database_.prepare("UPDATE issues SET held_by = ? WHERE id = ?")
        .bind(guards)
        .bind(issue.value)
        .run();
  });
}

void Ledger::release(const Issue& issue) {
  if (issue.held_by.empty()) return;
  const auto as_it_is = issue.source_hash + " ";
  // Those that it was let go by before stay so.
  const auto released =
      (issue.released.starts_with(as_it_is) ? issue.released + " " : as_it_is) + issue.held_by;
  database_.prepare("UPDATE issues SET released = ? WHERE id = ?")
      .bind(released)
      .bind(issue.id.value)
      .run();
}

void Ledger::reject(IssueId issue, std::string_view note, const Actor& actor, Instant now) {
  put_off(issue, IssueState::rejected, note, actor, now);
}

Result<void> Ledger::change(std::string_view slug,
                            const std::function<Result<void>(const Issue&)>& work) {
  Result<void> result;
  database_.transact([&] {
    const auto issue = find_issue(slug);
    result = issue ? work(*issue) : fail("there is no " + named(slug));
  });
  return result;
}

namespace {

/// Whether an operator may give it a time.
Result<void> may_be_timed(const Issue& issue, Instant now) {
  if (const auto until = issue.can_be_undone_until(now))
    return fail(named(issue.slug) + " goes out at " + when(*until) + "; `postrider issue cancel " +
                issue.slug + "` undoes it until then");
  if (issue.started_at)
    return fail(named(issue.slug) +
                (issue.state == IssueState::sent ? " was sent on " : " was started on ") +
                when(*issue.started_at) + "; a slug is sent once: give the draft another slug");
  if (issue.missing) return fail(named(issue.slug) + " has lost its draft " + issue.path);
  if (issue.state == IssueState::rejected)
    return fail(named(issue.slug) + " is rejected: " + issue.note + "; mend the draft first");
  if (!issue.ready)
    return fail(named(issue.slug) + " is not ready; write status: ready in " + issue.path +
                " first");
  return {};
}

}  // namespace

Result<void> Ledger::schedule(std::string_view slug, Instant at, const Actor& actor, Instant now,
                              const std::optional<queue::LocalDay>& day) {
  return change(slug, [&](const Issue& issue) -> Result<void> {
    if (auto may = may_be_timed(issue, now); !may) return may;
    database_
        .prepare(
            "UPDATE issues SET scheduled_at = ?, chosen_at = ?, by_slot = 0, finished_at = NULL, "
            "local_day = ?, slot_at = ? WHERE id = ?")
        .bind(at)
        .bind(at)
        .bind(columns_of(day).first)
        .bind(columns_of(day).second)
        .bind(issue.id.value)
        .run();
    release(issue);
    move(issue.id, IssueState::scheduled, "", actor, now, planned_for(at, issue.local_time, day));
    return {};
  });
}

Result<void> Ledger::schedule_by_draft(std::string_view slug, std::optional<Instant> at,
                                       const Actor& actor, Instant now) {
  return change(slug, [&](const Issue& issue) -> Result<void> {
    if (auto may = may_be_timed(issue, now); !may) return may;
    // Where it was dealt a slot before does not count: it may take one that is near.
    database_
        .prepare(
            "UPDATE issues SET scheduled_at = ?1, chosen_at = NULL, by_slot = (?1 IS NULL), "
            "dealt_at = NULL, local_day = NULL, slot_at = NULL, finished_at = NULL WHERE id = ?2")
        .bind(at)
        .bind(issue.id.value)
        .run();
    release(issue);
    if (at)
      move(issue.id, IssueState::scheduled, "", actor, now, "for " + when(*at));
    else
      move(issue.id, IssueState::draft, "ready, and takes the next free slot of its list", actor,
           now);
    return {};
  });
}

void Ledger::forget_chosen_time(const Issue& issue, std::string_view why, Instant now) {
  if (!issue.chosen_at) return;
  database_.transact([&] {
    database_.prepare("UPDATE issues SET chosen_at = NULL, released = '' WHERE id = ?")
        .bind(issue.id.value)
        .run();
    note_event(
        "issue.unscheduled",
        when(*issue.chosen_at) + ", which an operator chose, counts no more: " + std::string(why),
        "daemon", now, issue.id);
  });
}

void Ledger::move_start(IssueId id, Instant at, Instant now) {
  database_.transact([&] {
    const auto issue = find_issue(id);
    if (!issue || issue->started_at || issue->state != IssueState::scheduled ||
        !issue->local_at() || issue->scheduled_at == at)
      return;
    database_.prepare("UPDATE issues SET scheduled_at = ? WHERE id = ?")
        .bind(at)
        .bind(id.value)
        .run();
    note_event("issue.scheduled",
               planned_for(at, issue->local_time, queue::LocalDay{*issue->local_day, at}), "daemon",
               now, id);
  });
}

std::vector<Issue> Ledger::local_issues() {
  std::vector<Issue> waiting;
  auto query = database_.prepare(std::string(issue_columns) +
                                 "WHERE i.state = 1 AND i.missing = 0 AND i.local_time IS NOT NULL "
                                 "AND i.local_day IS NOT NULL AND i.started_at IS NULL");
  while (query.step()) waiting.push_back(read_issue(query));
  return waiting;
}

Result<void> Ledger::pause(std::string_view slug, const Actor& actor, Instant now) {
  return change(slug, [&](const Issue& issue) -> Result<void> {
    if (issue.state == IssueState::paused) return fail(named(slug) + " is paused already");
    if (issue.state != IssueState::sending && issue.state != IssueState::scheduled)
      return fail(named(slug) + " is " + std::string(to_string(issue.state)) +
                  "; only a scheduled issue or one that is being sent can be paused");
    move(issue.id, IssueState::paused, "", actor, now);
    return {};
  });
}

Result<void> Ledger::resume(std::string_view slug, const Actor& actor, Instant now) {
  return change(slug, [&](const Issue& issue) -> Result<void> {
    if (issue.state != IssueState::paused)
      return fail(
          named(slug) + " is " + std::string(to_string(issue.state)) +
          "; only a paused issue can be resumed" +
          (issue.state == IssueState::held ? "; its note says what lets a held one go" : ""));
    move(issue.id, issue.started_at ? IssueState::sending : IssueState::scheduled, "", actor, now);
    settle(database_, issue.id, now);
    return {};
  });
}

}  // namespace postrider::store
