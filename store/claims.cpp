#include "store/claims.h"

namespace postrider::store {

using queue::Claim;
using queue::DeliveryKey;
using queue::DeliveryState;

std::int64_t Claims::take(const DeliveryKey& key, DeliveryState row) {
  set(key, Held{++numbers_, row});
  return numbers_;
}

std::optional<DeliveryState> Claims::row_of(const Claim& claim) const {
  const auto held = held_.find(claim.key);
  if (held == held_.end() || held->second.number != claim.number) return {};
  return held->second.row;
}

void Claims::begin(const DeliveryKey& key) {
  set(key, Held{held_.at(key).number, DeliveryState::sending});
}

void Claims::drop(const DeliveryKey& key) { set(key, {}); }

void Claims::undo() {
  for (auto change = changed_.rbegin(); change != changed_.rend(); ++change) {
    if (change->second)
      held_[change->first] = *change->second;
    else
      held_.erase(change->first);
  }
  changed_.clear();
}

void Claims::set(const DeliveryKey& key, std::optional<Held> held) {
  const auto known = held_.find(key);
  changed_.emplace_back(key, known == held_.end() ? std::nullopt : std::optional(known->second));
  if (!held)
    held_.erase(key);
  else if (known == held_.end())
    held_.emplace(key, *held);
  else
    known->second = *held;
}

std::size_t Claims::Hash::operator()(const DeliveryKey& key) const {
  // One subscriber's mails at a time are few.
  return std::hash<std::int64_t>()(key.subscriber.value);
}

}  // namespace postrider::store
