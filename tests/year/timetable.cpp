#include "year/timetable.h"

#include <algorithm>
#include <tuple>

namespace postrider::year {

namespace {

constexpr auto max_lateness = std::chrono::hours(24);

}  // namespace

Timetable::Timetable(std::chrono::year_month_day first, int days) {
  for (const auto& list : lists()) slots_.push_back(year::slots(list, first, days));
  taken_.resize(slots_.size());
  quiet_.resize(slots_.size());
  passed_.resize(slots_.size());
}

Draft& Timetable::of(const std::string& slug) {
  return *std::find_if(drafts_.begin(), drafts_.end(),
                       [&](const Draft& draft) { return draft.slug == slug; });
}

Timetable::Turn Timetable::look(Instant now) {
  Turn turn;
  for (auto& draft : drafts_) {
    if (draft.is_out || !draft.slot || *draft.slot > now) continue;
    draft.is_out = true;
    taken_[draft.list].insert(*draft.slot);
    (now - *draft.slot <= max_lateness ? turn.starts : turn.held).push_back(draft.slug);
  }
  for (std::size_t list = 0; list < slots_.size(); ++list) {
    auto& passed = passed_[list];
    for (; passed < slots_[list].size() && slots_[list][passed].at <= now; ++passed)
      if (const auto& slot = slots_[list][passed]; !slot.skipped && !taken_[list].contains(slot.at))
        ++quiet_[list];
    deal(list, now);
  }
  return turn;
}

/// The oldest date first, then by the file's name; one a slot.
void Timetable::deal(std::size_t list, Instant now) {
  std::vector<Draft*> waiting;
  for (auto& draft : drafts_)
    if (draft.list == list && !draft.is_out) waiting.push_back(&draft);
  std::sort(waiting.begin(), waiting.end(), [](const Draft* one, const Draft* other) {
    return std::tie(one->date, one->slug) < std::tie(other->date, other->slug);
  });
  auto next = waiting.begin();
  for (const auto& slot : slots_[list]) {
    if (next == waiting.end()) return;
    if (slot.at > now && !slot.skipped && !taken_[list].contains(slot.at))
      (*next++)->slot = slot.at;
  }
}

}  // namespace postrider::year
