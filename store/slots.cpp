#include "store/slots.h"

#include <nlohmann/json.hpp>

#include "base/time_text.h"
#include "store/ledger.h"
#include "store/operator_mail.h"

namespace postrider::store {

using queue::IssueState;

namespace {

std::vector<std::string> read_lists(std::string_view json) {
  return nlohmann::json::parse(json).get<std::vector<std::string>>();
}

}  // namespace

void Slots::set(IssueId issue, bool by_slot, std::string_view date) {
  database_
      .prepare(
          "UPDATE issues SET by_slot = ?1, date = ?2, dealt_at = iif(?1, dealt_at, NULL) "
          "WHERE id = ?3")
      .bind(static_cast<std::int64_t>(by_slot))
      .bind(date)
      .bind(issue.value)
      .run();
}

std::optional<Instant> Slots::kept(std::string_view slug) {
  auto query = database_.prepare(
      "SELECT coalesce(slot_at, scheduled_at) FROM issues WHERE slug = ? AND by_slot = 1 "
      "AND missing = 0");
  query.bind(slug);
  return query.step() ? query.optional_instant(0) : std::nullopt;
}

bool Slots::goes_by_slot(IssueId issue) {
  auto query = database_.prepare("SELECT 1 FROM issues WHERE id = ? AND by_slot = 1");
  return query.bind(issue.value).step();
}

std::optional<Instant> Slots::dealt_at(std::string_view slug) {
  auto query = database_.prepare("SELECT dealt_at FROM issues WHERE slug = ?");
  query.bind(slug);
  return query.step() ? query.optional_instant(0) : std::nullopt;
}

namespace {

std::optional<std::chrono::seconds> read_local_time(const Statement& query, int column) {
  if (query.is_null(column)) return {};
  return std::chrono::seconds(query.integer(column));
}

}  // namespace

std::vector<SlotDraft> Slots::drafts() {
  std::vector<SlotDraft> drafts;
  auto query = database_.prepare(
      "SELECT id, slug, path, date, lists, coalesce(slot_at, scheduled_at), dealt_at, local_time, "
      "scheduled_at FROM issues WHERE by_slot = 1 AND started_at IS NULL AND state IN (0, 1) AND "
      "ready = 1 AND missing = 0 ORDER BY id");
  while (query.step())
    drafts.push_back({{query.integer(0)},
                      query.text(1),
                      query.text(2),
                      query.text(3),
                      read_lists(query.view(4)),
                      query.optional_instant(5),
                      query.optional_instant(6),
                      read_local_time(query, 7),
                      query.optional_instant(8)});
  return drafts;
}

void Slots::give(IssueId issue, Instant slot, std::string_view whose, Instant now,
                 const std::optional<LocalStart>& local) {
  const auto day =
      local ? std::optional<std::int64_t>(local->day.time_since_epoch().count()) : std::nullopt;
  database_
      .prepare(
          "UPDATE issues SET state = 1, note = '', scheduled_at = ?, dealt_at = ?, local_day = ?, "
          "slot_at = ? WHERE id = ?")
      .bind(local ? local->at : slot)
      .bind(slot)
      .bind(day)
      .bind(local ? std::optional(slot) : std::nullopt)
      .bind(issue.value)
      .run();
  Ledger(database_).note_event(
      "issue.scheduled",
      "for " + time_text(slot, "UTC") + ", a slot of " + std::string(whose) +
          (local ? "; by local time, from " + time_text(local->at, "UTC") : ""),
      "daemon", now, issue);
}

std::vector<TimedIssue> Slots::timed(Instant from, Instant to) {
  std::vector<TimedIssue> issues;
  auto query = database_.prepare(
      "SELECT id, slug, state, lists, coalesce(slot_at, scheduled_at) AS at, "
      "iif(local_day IS NULL, NULL, local_time) FROM issues WHERE "
      "(slot_at BETWEEN ?1 AND ?2 OR scheduled_at BETWEEN ?1 AND ?2 AND slot_at IS NULL) "
      "AND (started_at IS NOT NULL OR (missing = 0 AND state IN (1, 4, 5))) ORDER BY at, id");
  query.bind(from).bind(to);
  while (query.step())
    issues.push_back({{query.integer(0)},
                      query.text(1),
                      static_cast<IssueState>(query.integer(2)),
                      read_lists(query.view(3)),
                      *query.optional_instant(4),
                      read_local_time(query, 5)});
  return issues;
}

std::optional<Slots::Mark> Slots::mark(std::string_view list) {
  auto query = database_.prepare("SELECT schedule, looked_to FROM slot_marks WHERE list = ?");
  query.bind(list);
  if (!query.step()) return {};
  return Mark{query.text(0), *query.optional_instant(1)};
}

void Slots::set_mark(std::string_view list, const Mark& mark) {
  database_.prepare("INSERT OR REPLACE INTO slot_marks VALUES (?, ?, ?)")
      .bind(list)
      .bind(mark.schedule)
      .bind(mark.looked_to)
      .run();
  database_.prepare("DELETE FROM slot_reminders WHERE list = ? AND at <= ?")
      .bind(list)
      .bind(mark.looked_to)
      .run();
}

std::map<std::string, Slots::Mark> Slots::marks() {
  std::map<std::string, Mark> marks;
  auto query = database_.prepare("SELECT list, schedule, looked_to FROM slot_marks");
  while (query.step())
    marks.emplace(query.text(0), Mark{query.text(1), *query.optional_instant(2)});
  return marks;
}

void Slots::forget_mark(std::string_view list) {
  database_.prepare("DELETE FROM slot_marks WHERE list = ?").bind(list).run();
}

bool Slots::is_reminded(std::string_view list, Instant slot) {
  auto query = database_.prepare("SELECT 1 FROM slot_reminders WHERE list = ? AND at = ?");
  return query.bind(list).bind(slot).step();
}

void Slots::remind(std::string_view list, Instant slot, std::string_view line, Instant now) {
  database_.prepare("INSERT OR IGNORE INTO slot_reminders VALUES (?, ?)")
      .bind(list)
      .bind(slot)
      .run();
  OperatorMails(database_).tell(OperatorEvent::slot_empty, list, line, now);
}

void Slots::note_quiet(std::string_view list, std::string_view line, bool tell, Instant now) {
  Ledger(database_).note_event("slot.quiet", line, "daemon", now);
  if (tell) OperatorMails(database_).tell(OperatorEvent::slot_quiet, list, line, now);
}

}  // namespace postrider::store
