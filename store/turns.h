// The pacing groups of one issue that have deliveries waiting: those that are due take turns, the
// others wait for their time. In memory; made from the rows anew whenever somebody else wrote.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"

namespace postrider::store {

class Turns {
 public:
  /// A delivery of the group is due then: an earlier time counts.
  void due(GroupId group, Instant when);
  /// The group is looked at again then, whatever is due before. Not for one in the row.
  void put_off(GroupId group, Instant until);

  /// Groups whose time has come join the end of the row.
  void wake(Instant now);
  std::size_t ready() const { return row_.size(); }
  /// Takes the first out of the row; it is forgotten but for `again`, `due` or `put_off`.
  GroupId next();
  /// To the end of the row.
  void again(GroupId group);

  /// When the next group that is not in the row is to be looked at.
  std::optional<Instant> next_time() const;

 private:
  std::deque<GroupId> row_;
  std::map<GroupId, std::optional<Instant>> places_;  // nothing: in the row
  std::set<std::pair<Instant, GroupId>> times_;
};

}  // namespace postrider::store
