// What commands tell of an issue by local time: its hour, from when to when, and its zones.
#pragma once

#include <chrono>
#include <string>

#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "queue/issue.h"

namespace postrider::daemon::commands {

/// "08:00 local, from 2022-01-09 18:00 UTC to 2022-01-10 18:00 UTC", as long as it has readers
/// whose hour is to come; empty: it has none, or goes by no local time.
std::string local_hours(Newsletter& newsletter, const queue::Issue& issue);

/// local_time, local_day and local_until: null where it goes by none, or that is over.
Json json_local_hours(Newsletter& newsletter, const queue::Issue& issue);

/// Its zones, each with the time when its readers are due and their sums; empty before its start.
Json json_zones(Newsletter& newsletter, const queue::Issue& issue);
void print_zones(Newsletter& newsletter, const queue::Issue& issue);

/// "Issue 'a' goes out at …" A Refusal where that is not possible.
void schedule_on_day(Newsletter& newsletter, const queue::Issue& issue,
                     std::chrono::local_days day);

}  // namespace postrider::daemon::commands
