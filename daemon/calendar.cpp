#include "daemon/calendar.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

namespace postrider::daemon {

namespace {

const config::List* find_list(const std::vector<config::List>& lists, const std::string& key) {
  const auto found = std::find_if(lists.begin(), lists.end(),
                                  [&key](const config::List& list) { return list.key == key; });
  return found == lists.end() ? nullptr : &*found;
}

std::string described(const config::List& list) {
  const auto& schedule = list.schedule;
  return list.key + ": " +
         (schedule.slots.empty() ? "none" : slots_text(schedule) + " in " + schedule.zone);
}

/// Before whom a draft takes its slot.
auto rank(const store::SlotDraft& draft) {
  return std::tuple(draft.date.empty(), draft.date, draft.path);
}

bool is_slot(const Schedule& schedule, Instant at) {
  const auto next = next_occurrence(schedule, at - Duration(1));
  return next && next->at == at && !next->skipped;
}

/// Whether a draft may have a slot that is near: not one that was dealt a later one, as long as
/// that is one by the settings, or was one by far.
bool may_have_near(const store::SlotDraft& draft, const Schedule& schedule, Instant slot) {
  const auto dealt = draft.at ? draft.at : draft.dealt_at;
  return !dealt || *dealt <= slot || (*dealt - slot <= near_slot && !is_slot(schedule, *dealt));
}

/// Until when the slots of any of these lists have come.
Instant come_to(const Come& come, const std::vector<std::string>& lists, Instant now) {
  for (const auto& list : lists)
    if (const auto found = come.find(list); found != come.end()) now = std::max(now, found->second);
  return now;
}

/// The first in (after, to] that none of the draft's lists has taken, and that it may have.
std::optional<Instant> free_slot(
    const Schedule& schedule, const store::SlotDraft& draft, const Dealing& dealing, Instant after,
    Instant to, const std::function<bool(Instant)>& may_have = [](Instant) { return true; }) {
  const auto is_taken = [&](Instant at) {
    return std::any_of(draft.lists.begin(), draft.lists.end(),
                       [&](const std::string& list) { return dealing.taken.contains({list, at}); });
  };
  auto next = next_occurrence(schedule, after);
  while (next && next->at <= to && (next->skipped || is_taken(next->at) || !may_have(next->at)))
    next = next_occurrence(schedule, next->at);
  return next && next->at <= to ? std::optional(next->at) : std::nullopt;
}

}  // namespace

SlotRule slot_rule(const std::vector<std::string>& keys, const std::vector<config::List>& lists) {
  std::vector<const config::List*> named;
  for (const auto& key : keys)
    if (const auto* list = find_list(lists, key)) named.push_back(list);
  if (named.empty()) return {};
  const auto& first = *named.front();
  for (const auto* list : named)
    if (list->schedule.slots != first.schedule.slots ||
        (!first.schedule.slots.empty() && list->schedule != first.schedule))
      return {nullptr, "is missing, and its lists have different slots (" + described(first) +
                           "; " + described(*list) +
                           "); write one such as send_at: 2030-01-07 08:00"};
  return {first.schedule.slots.empty() ? nullptr : &first.schedule, {}};
}

Dealing deal(std::vector<store::SlotDraft> drafts, const std::vector<store::TimedIssue>& timed,
             const std::vector<config::List>& lists, Instant now, const Come& come) {
  std::erase_if(drafts, [&](const store::SlotDraft& draft) {
    return (draft.at && *draft.at <= come_to(come, draft.lists, now)) ||
           (draft.starts && *draft.starts <= now) || !slot_rule(draft.lists, lists).schedule;
  });
  std::sort(drafts.begin(), drafts.end(),
            [](const auto& one, const auto& other) { return rank(one) < rank(other); });
  std::set<IssueId> dealt_to;
  for (const auto& draft : drafts) dealt_to.insert(draft.issue);
  Dealing dealing;
  for (const auto& issue : timed)
    if (issue.state != queue::IssueState::held && !dealt_to.contains(issue.issue))
      for (const auto& list : issue.lists) dealing.taken.insert({list, issue.at});
  // What the same lists were dealt before leaves nothing free that is earlier and not near.
  std::map<std::vector<std::string>, Instant> dealt_before;
  for (const auto& draft : drafts) {
    const auto& schedule = *slot_rule(draft.lists, lists).schedule;
    const auto from = come_to(come, draft.lists, now);
    const auto near = now + near_slot + (draft.local_time ? greatest_lead : Duration::zero());
    auto slot = free_slot(schedule, draft, dealing, from, near,
                          [&](Instant at) { return may_have_near(draft, schedule, at); });
    if (!slot) {
      auto& after = dealt_before.try_emplace(draft.lists, from).first->second;
      slot = free_slot(schedule, draft, dealing, std::max(after, near), Instant::max());
      if (!slot) continue;
      if (!draft.local_time) after = *slot;
    }
    dealing.slots[draft.issue] = *slot;
    for (const auto& list : draft.lists) dealing.taken.insert({list, *slot});
  }
  return dealing;
}

Come come(const std::map<std::string, store::Slots::Mark>& marks, Instant now) {
  Come all;
  for (const auto& [list, mark] : marks)
    if (mark.looked_to <= now + greatest_step_back) all.emplace(list, mark.looked_to);
  return all;
}

std::string slot_text(Instant slot, const std::string& zone) {
  return format_in_zone(slot, zone, "%a %Y-%m-%d %H:%M %Z");
}

}  // namespace postrider::daemon
