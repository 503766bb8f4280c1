#include "queue/stock.h"

namespace postrider::queue {

void Stock::put(Claimed claimed) {
  const auto group = claimed.group;
  groups_[group].push_back(std::move(claimed));
  ++size_;
}

std::optional<Claimed> Stock::take(const std::function<bool(GroupId)>& may_go) {
  auto turn = groups_.upper_bound(last_);
  for (std::size_t asked = 0; asked < groups_.size(); ++asked, ++turn) {
    if (turn == groups_.end()) turn = groups_.begin();
    if (!may_go(turn->first)) continue;
    last_ = turn->first;
    auto claimed = std::move(turn->second.front());
    turn->second.pop_front();
    if (turn->second.empty()) groups_.erase(turn);
    --size_;
    return claimed;
  }
  return {};
}

std::vector<Claimed> Stock::take_all(const std::function<bool(const Claimed&)>& wanted) {
  std::vector<Claimed> taken;
  for (auto group = groups_.begin(); group != groups_.end();) {
    std::deque<Claimed> kept;
    for (auto& claimed : group->second)
      if (wanted(claimed))
        taken.push_back(std::move(claimed));
      else
        kept.push_back(std::move(claimed));
    group->second = std::move(kept);
    group = group->second.empty() ? groups_.erase(group) : std::next(group);
  }
  size_ -= taken.size();
  return taken;
}

}  // namespace postrider::queue
