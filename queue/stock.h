// What one sender has claimed and not yet sent, by pacing group, so that a group that may not go
// now never stands before another; notices before all deliveries. Belongs to one thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "queue/store.h"

namespace postrider::queue {

class Stock {
 public:
  void put(Claimed claimed);
  std::size_t size() const { return size_; }
  /// Without those of groups that might not go when asked last.
  std::size_t sendable() const { return size_ - held_; }

  /// The first one of the next group of which `may_go` says so; groups take turns.
  std::optional<Claimed> take(const std::function<bool(GroupId)>& may_go);

  /// Takes out all that `wanted` says.
  std::vector<Claimed> take_all(const std::function<bool(const Claimed&)>& wanted);

 private:
  struct Row {
    std::deque<Claimed> claimed;  // not empty
    bool held = false;
  };

  struct Shelf {
    std::map<GroupId, Row> groups;
    GroupId last{-1};
  };

  Shelf& shelf_of(const Claimed& claimed) { return claimed.notice ? notices_ : deliveries_; }
  std::optional<Claimed> take(Shelf& shelf, const std::function<bool(GroupId)>& may_go);
  void take_all(Shelf& shelf, const std::function<bool(const Claimed&)>& wanted,
                std::vector<Claimed>& taken);
  void mark(Row& row, bool held);

  Shelf notices_;
  Shelf deliveries_;
  std::size_t size_ = 0;
  std::size_t held_ = 0;
};

}  // namespace postrider::queue
