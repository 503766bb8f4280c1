#include "store/turns.h"

namespace postrider::store {

void Turns::due(GroupId group, Instant when) {
  const auto known = places_.find(group);
  // One in the row is looked at before its time comes, and asked then for what else is due.
  if (known != places_.end() && (!known->second || *known->second <= when)) return;
  put_off(group, when);
}

void Turns::put_off(GroupId group, Instant until) {
  auto& place = places_[group];
  if (place) times_.erase({*place, group});
  place = until;
  times_.insert({until, group});
}

void Turns::wake(Instant now) {
  while (!times_.empty() && times_.begin()->first <= now) {
    const auto group = times_.begin()->second;
    times_.erase(times_.begin());
    again(group);
  }
}

void Turns::again(GroupId group) {
  places_[group] = std::nullopt;
  row_.push_back(group);
}

GroupId Turns::next() {
  const auto group = row_.front();
  row_.pop_front();
  places_.erase(group);
  return group;
}

std::optional<Instant> Turns::next_time() const {
  if (times_.empty()) return {};
  return times_.begin()->first;
}

}  // namespace postrider::store
