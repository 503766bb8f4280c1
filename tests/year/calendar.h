// The year's slots, reckoned without any of the daemon's code: days by the standard library's civil
// calendar, moments by the C library's zones.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"

namespace postrider::year {

/// The moment at which clocks in the zone show that time of day. Changes the process's TZ: one
/// thread only.
Instant moment(const std::string& zone, std::chrono::year_month_day day, std::chrono::minutes time);

/// "2025-03-09"
std::string text_of(std::chrono::year_month_day day);

struct Slot {
  Instant at;
  std::chrono::year_month_day day;
  bool skipped = false;
};

/// A list, as it stands in the settings and as its slots come.
struct List {
  std::string key;
  std::string schedule;  // as in the settings
  std::string zone;
  std::string skip;  // a day without a slot; empty: none
  std::chrono::minutes time;
  bool (*is_day)(std::chrono::year_month_day day);
};

/// report: weekly; digest and essays: monthly.
const std::vector<List>& lists();

/// Of that many days from the first on, in their order.
std::vector<Slot> slots(const List& list, std::chrono::year_month_day first, int days);

}  // namespace postrider::year
