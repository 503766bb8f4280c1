// How many reports were read since, and what they did: for the log; and how many are kept.
#pragma once

#include <cstdint>

#include "store/sqlite.h"

namespace postrider::store {

struct ReadReports {
  std::int64_t last = 0;  // the newest one's number
  std::int64_t reports = 0;
  std::int64_t bounced = 0;  // deliveries
  std::int64_t suppressed = 0;
  std::int64_t left = 0;  // readers that were taken off lists
  std::int64_t withheld = 0;
  std::int64_t kept = 0;  // reports
};

/// Of those after that number.
ReadReports read_reports_after(Database& database, std::int64_t report);

std::int64_t newest_report(Database& database);

/// Of how many the message is kept.
std::int64_t count_kept(Database& database);

}  // namespace postrider::store
