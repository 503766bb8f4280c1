#include "queue/stock.h"

namespace postrider::queue {

void Stock::put(Claimed claimed) {
  auto& row = groups_[claimed.group];
  row.claimed.push_back(std::move(claimed));
  ++size_;
  if (row.held) ++held_;
}

void Stock::mark(Row& row, bool held) {
  if (row.held == held) return;
  row.held = held;
  held_ = held ? held_ + row.claimed.size() : held_ - row.claimed.size();
}

std::optional<Claimed> Stock::take(const std::function<bool(GroupId)>& may_go) {
  auto turn = groups_.upper_bound(last_);
  for (std::size_t asked = 0; asked < groups_.size(); ++asked, ++turn) {
    if (turn == groups_.end()) turn = groups_.begin();
    auto& [group, row] = *turn;
    const bool goes = may_go(group);
    mark(row, !goes);
    if (!goes) continue;
    last_ = group;
    auto claimed = std::move(row.claimed.front());
    row.claimed.pop_front();
    if (row.claimed.empty()) groups_.erase(turn);
    --size_;
    return claimed;
  }
  return {};
}

std::vector<Claimed> Stock::take_all(const std::function<bool(const Claimed&)>& wanted) {
  std::vector<Claimed> taken;
  for (auto group = groups_.begin(); group != groups_.end();) {
    auto& row = group->second;
    mark(row, false);
    std::deque<Claimed> kept;
    for (auto& claimed : row.claimed)
      if (wanted(claimed))
        taken.push_back(std::move(claimed));
      else
        kept.push_back(std::move(claimed));
    row.claimed = std::move(kept);
    group = row.claimed.empty() ? groups_.erase(group) : std::next(group);
  }
  size_ -= taken.size();
  return taken;
}

}  // namespace postrider::queue
