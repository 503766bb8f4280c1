// How a list grows: who is on it, who joined and left when and by what, and by which issues.
// Belongs to the thread of its Database; reads only, each answer as of one moment.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/sqlite.h"

namespace postrider::store {

struct ListStanding {
  std::string list;             // key
  std::int64_t confirmed = 0;   // suppressed and paused ones, too
  std::int64_t suppressed = 0;  // of the confirmed
  std::int64_t pending = 0;
  std::int64_t unsubscribed = 0;
};

/// Subscriptions that were confirmed, and those that ended, in one week. Joined less left, over all
/// weeks, is who is confirmed now.
struct WeekOfList {
  std::map<std::string, std::int64_t> joined;  // by how: import, operator, …
  std::map<std::string, std::int64_t> left;    // by whom: reader, operator, …
};

struct DeparturesOfIssue {
  std::string issue;  // slug
  Instant started_at;
  std::int64_t audience = 0;
  std::int64_t left = 0;  // by one of its links
};

class Statistics {
 public:
  /// `list`: its key; empty: all.
  Statistics(Database& database, std::string list) : database_(database), list_(std::move(list)) {}

  std::vector<ListStanding> standings();
  /// By the week's Monday in the zone; weeks in which nothing happened are left out. Whoever left
  /// and came back counts as one who joined then; who had left elsewhere before an import, not at
  /// all.
  std::map<std::chrono::local_days, WeekOfList> weeks(std::string_view zone);
  /// Issues whose links somebody left by and has not come back, the newest first.
  std::vector<DeparturesOfIssue> departures();

 private:
  Database& database_;
  const std::string list_;
};

}  // namespace postrider::store
