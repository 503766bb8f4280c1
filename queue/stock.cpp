#include "queue/stock.h"

namespace postrider::queue {

void Stock::put(Claimed claimed) {
  auto& row = shelf_of(claimed).groups[claimed.group];
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
  if (auto notice = take(notices_, may_go)) return notice;
  return take(deliveries_, may_go);
}

std::optional<Claimed> Stock::take(Shelf& shelf, const std::function<bool(GroupId)>& may_go) {
  auto& groups = shelf.groups;
  auto turn = groups.upper_bound(shelf.last);
  for (std::size_t asked = 0; asked < groups.size(); ++asked, ++turn) {
    if (turn == groups.end()) turn = groups.begin();
    auto& [group, row] = *turn;
    const bool goes = may_go(group);
    mark(row, !goes);
    if (!goes) continue;
    shelf.last = group;
    auto claimed = std::move(row.claimed.front());
    row.claimed.pop_front();
    if (row.claimed.empty()) groups.erase(turn);
    --size_;
    return claimed;
  }
  return {};
}

std::vector<Claimed> Stock::take_all(const std::function<bool(const Claimed&)>& wanted) {
  std::vector<Claimed> taken;
  for (auto* shelf : {&notices_, &deliveries_}) take_all(*shelf, wanted, taken);
  size_ -= taken.size();
  return taken;
}

void Stock::take_all(Shelf& shelf, const std::function<bool(const Claimed&)>& wanted,
                     std::vector<Claimed>& taken) {
  auto& groups = shelf.groups;
  for (auto group = groups.begin(); group != groups.end();) {
    auto& row = group->second;
    mark(row, false);
    std::deque<Claimed> kept;
    for (auto& claimed : row.claimed)
      if (wanted(claimed))
        taken.push_back(std::move(claimed));
      else
        kept.push_back(std::move(claimed));
    row.claimed = std::move(kept);
    group = row.claimed.empty() ? groups.erase(group) : std::next(group);
  }
}

}  // namespace postrider::queue
