// The zones of readers whom an issue by local time comes to, each at its hour. When each is due is
// reckoned once, while the audience is gathered, and stands in the deliveries from then on. Belongs
// to the thread of its Database; what writes is part of the caller's transaction.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "queue/issue.h"
#include "store/audience.h"
#include "store/sqlite.h"

namespace postrider::store {

/// Zones that the system knows and in which confirmed readers of these lists are, or may be: of a
/// zone with many readers of other lists alone nobody looks at all of them.
std::vector<std::string> zones_of_lists(Database& database, const std::vector<std::string>& lists);

/// The zones of an issue that is being gathered.
class IssueZones {
 public:
  IssueZones(Database& database, IssueId issue, LocalTime at, const AudienceOrder& order)
      : database_(database), issue_(issue), at_(at), order_(order) {}

  /// What the due times depend on, beside the zones' rules.
  std::string described() const;
  /// Some of them would be due at another time now.
  bool is_stale(Instant now);
  /// Adds those that readers have and that are not among them yet.
  void extend(Instant now);

  /// Of readers whose zone is unknown.
  Instant home_due(Instant now) const;

 private:
  Database& database_;
  const IssueId issue_;
  const LocalTime at_;
  const AudienceOrder& order_;
};

/// With the issue's deliveries: of one that is not gathered any more.
void forget_zones(Database& database, IssueId issue);

struct ZoneSums {
  std::string zone;
  Instant due;  // at first; a retry is due later
  queue::IssueSums sums;
};

/// Of an issue that has started, those that readers are in, the first to be due first. Counts its
/// deliveries.
std::vector<ZoneSums> zone_sums(Database& database, IssueId issue);

}  // namespace postrider::store
