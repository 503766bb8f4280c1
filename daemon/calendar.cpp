#include "daemon/calendar.h"

#include <algorithm>
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

/// The first after that which none of the lists has taken.
std::optional<Instant> free_slot(const Schedule& schedule, const std::vector<std::string>& lists,
                                 const Dealing& dealing, Instant after) {
  const auto is_taken = [&](Instant at) {
    return std::any_of(lists.begin(), lists.end(),
                       [&](const std::string& list) { return dealing.taken.contains({list, at}); });
  };
  auto next = next_occurrence(schedule, after);
  while (next && (next->skipped || is_taken(next->at))) next = next_occurrence(schedule, next->at);
  return next ? std::optional(next->at) : std::nullopt;
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
             const std::vector<config::List>& lists, Instant now) {
  std::erase_if(drafts, [&](const store::SlotDraft& draft) {
    return (draft.at && *draft.at <= now) || !slot_rule(draft.lists, lists).schedule;
  });
  std::sort(drafts.begin(), drafts.end(),
            [](const auto& one, const auto& other) { return rank(one) < rank(other); });
  std::set<IssueId> dealt_to;
  for (const auto& draft : drafts) dealt_to.insert(draft.issue);
  Dealing dealing;
  for (const auto& issue : timed)
    if (issue.state != queue::IssueState::held && !dealt_to.contains(issue.issue))
      for (const auto& list : issue.lists) dealing.taken.insert({list, issue.at});
  // What the same lists were dealt before leaves nothing free that is earlier.
  std::map<std::vector<std::string>, Instant> dealt_before;
  for (const auto& draft : drafts) {
    const auto& schedule = *slot_rule(draft.lists, lists).schedule;
    auto& after = dealt_before.try_emplace(draft.lists, now).first->second;
    const auto slot = free_slot(schedule, draft.lists, dealing, after);
    if (!slot) continue;
    after = *slot;
    dealing.slots[draft.issue] = *slot;
    for (const auto& list : draft.lists) dealing.taken.insert({list, *slot});
  }
  return dealing;
}

std::string slot_text(Instant slot, const std::string& zone) {
  return format_in_zone(slot, zone, "%a %Y-%m-%d %H:%M %Z");
}

}  // namespace postrider::daemon
