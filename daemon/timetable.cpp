#include "daemon/timetable.h"

#include <algorithm>
#include <string>

#include "base/local_hour.h"
#include "base/text.h"
#include "daemon/calendar.h"
#include "daemon/local_starts.h"
#include "store/operator_mail.h"
#include "store/slots.h"

namespace postrider::daemon {

namespace {

using store::Slots;

/// What is to be said of a list's slot.
struct Word {
  const config::List* list;
  Instant slot;
  std::string line;
};

struct Changes {
  std::vector<std::pair<store::SlotDraft, Instant>> dealt;
  std::vector<std::pair<std::string, Slots::Mark>> marks;
  std::vector<std::string> old_marks;  // lists that have no slots any more
  std::vector<Word> quiet;
  std::vector<Word> reminders;

  bool empty() const {
    return dealt.empty() && marks.empty() && old_marks.empty() && quiet.empty() &&
           reminders.empty();
  }
};

std::string whole_text(const Schedule& schedule) {
  std::string text = slots_text(schedule) + " in " + schedule.zone + " but on";
  for (const auto day : schedule.skip) text += " " + day_text(day);
  return text;
}

bool is_of(const store::TimedIssue& issue, const std::string& list) {
  return std::find(issue.lists.begin(), issue.lists.end(), list) != issue.lists.end();
}

bool has_issue(const std::vector<store::TimedIssue>& issues, const std::string& list, Instant at) {
  return std::any_of(issues.begin(), issues.end(), [&](const store::TimedIssue& issue) {
    return issue.at == at && is_of(issue, list);
  });
}

std::string slot_of(const config::List& list, Instant slot) {
  return "the slot of " + list.key + " on " + slot_text(slot, list.schedule.zone);
}

bool has_slots(const std::vector<config::List>& lists, const std::string& key) {
  return std::any_of(lists.begin(), lists.end(), [&](const config::List& list) {
    return list.key == key && !list.schedule.slots.empty();
  });
}

/// The slots that have come since somebody looked last.
void look_back(Slots& slots, const config::List& list, const Come& come, Instant now,
               Changes& changes) {
  const auto mark = slots.mark(list.key);
  const auto schedule = whole_text(list.schedule);
  const auto believed = come.find(list.key);
  if (!mark || mark->schedule != schedule || believed == come.end()) {
    changes.marks.push_back(
        {list.key, {schedule, believed == come.end() ? now : std::max(now, believed->second)}});
    return;
  }
  auto looked_to = believed->second;
  for (auto next = next_occurrence(list.schedule, looked_to); next && next->at <= now;
       next = next_occurrence(list.schedule, looked_to)) {
    looked_to = next->at;
    if (!next->skipped && !has_issue(slots.timed(next->at, next->at), list.key, next->at))
      changes.quiet.push_back(
          {&list, next->at, slot_of(list, next->at) + " passed without an issue"});
  }
  if (looked_to != mark->looked_to) changes.marks.push_back({list.key, {schedule, looked_to}});
}

// Mails of a kind are at least so far apart: what would be told within that time is told now.
constexpr auto told_at_once = store::OperatorMails::least_pause;

/// The slots that come so soon that the operator is told where they are empty. `more`: those that
/// come so much later, too.
void look_ahead(Slots& slots, const config::List& list, const Dealing& dealing,
                const std::vector<store::TimedIssue>& timed, const Come& come, Instant now,
                Duration more, Changes& changes) {
  if (list.remind == Duration::zero()) return;
  const auto believed = come.find(list.key);
  const auto from = believed == come.end() ? now : std::max(now, believed->second);
  for (auto next = next_occurrence(list.schedule, from);
       next && next->at <= now + list.remind + more;
       next = next_occurrence(list.schedule, next->at)) {
    const auto at = next->at;
    const bool held = std::any_of(timed.begin(), timed.end(), [&](const auto& issue) {
      return issue.state == queue::IssueState::held && issue.at == at && is_of(issue, list.key);
    });
    if (next->skipped || held || dealing.taken.contains({list.key, at}) ||
        slots.is_reminded(list.key, at))
      continue;
    changes.reminders.push_back(
        {&list, at,
         "no draft is planned for " + slot_of(list, at) +
             "; save one with status: ready, or write that day into skip of [lists." + list.key +
             "]"});
  }
}

Changes look(Slots& slots, const std::vector<config::List>& lists, Instant now) {
  Changes changes;
  const auto drafts = slots.drafts();
  const auto timed = slots.timed(now + Duration(1), Instant::max());
  const auto marks = slots.marks();
  const auto have_come = come(marks, now);
  const auto dealing = deal(drafts, timed, lists, now, have_come);
  for (const auto& draft : drafts)
    if (const auto found = dealing.slots.find(draft.issue);
        found != dealing.slots.end() && draft.at != found->second)
      changes.dealt.push_back({draft, found->second});
  for (const auto& list : lists) {
    if (list.schedule.slots.empty()) continue;
    look_back(slots, list, have_come, now, changes);
  }
  const auto remind = [&](Duration more) {
    changes.reminders.clear();
    for (const auto& list : lists)
      look_ahead(slots, list, dealing, timed, have_come, now, more, changes);
  };
  remind(Duration::zero());
  if (!changes.reminders.empty()) remind(told_at_once);
  // Until then the list could have slots again that have come once.
  for (const auto& [key, mark] : marks)
    if (!has_slots(lists, key) && (mark.looked_to <= now || !have_come.contains(key)))
      changes.old_marks.push_back(key);
  return changes;
}

/// How a draft by local time starts that takes that slot.
std::optional<Slots::LocalStart> local_start_of(store::Database& database,
                                                const store::SlotDraft& draft, Instant slot,
                                                const std::vector<config::List>& lists,
                                                Instant now) {
  if (!draft.local_time) return {};
  const auto& zone = slot_rule(draft.lists, lists).schedule->zone;
  const auto day = local_day_of(slot, zone);
  const auto zones = reader_zones(database, draft.lists, zone);
  return Slots::LocalStart{day, local_start(day + *draft.local_time, zones, draft.starts, now)};
}

}  // namespace

bool is_timetable_kept(store::Database& database, const std::vector<config::List>& lists,
                       Instant now) {
  Slots slots(database);
  return look(slots, lists, now).empty();
}

void keep_timetable(store::Database& database, const std::vector<config::List>& lists,
                    Instant now) {
  Slots slots(database);
  const auto changes = look(slots, lists, now);
  for (const auto& [draft, slot] : changes.dealt)
    slots.give(draft.issue, slot, join(draft.lists, " and "), now,
               local_start_of(database, draft, slot, lists, now));
  for (const auto& [list, mark] : changes.marks) slots.set_mark(list, mark);
  for (const auto& list : changes.old_marks) slots.forget_mark(list);
  for (const auto& word : changes.quiet)
    slots.note_quiet(word.list->key, word.line, word.list->remind > Duration::zero(), now);
  for (const auto& word : changes.reminders)
    slots.remind(word.list->key, word.slot, word.line, now);
}

Timetable::Timetable(const config::Settings& settings, store::Database& reading, Errands errands,
                     const Clock& clock)
    : lists_(std::make_shared<const std::vector<config::List>>(settings.lists)),
      reading_(reading),
      errands_(std::move(errands)),
      clock_(clock) {}

void Timetable::tick() {
  if (*busy_ || is_timetable_kept(reading_, *lists_, clock_.now())) return;
  *busy_ = true;
  errands_.run(
      "the lists' slots",
      [lists = lists_, &clock = clock_](store::Database& writing) {
        keep_timetable(writing, *lists, clock.now());
      },
      [busy = busy_](bool) { *busy = false; });
}

}  // namespace postrider::daemon
