#include "daemon/commands/local_hours.h"

#include <algorithm>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include "base/local_hour.h"
#include "base/slots.h"
#include "base/text.h"
#include "daemon/local_starts.h"
#include "store/issue_zones.h"

namespace postrider::daemon::commands {

namespace {

using queue::IssueState;

std::vector<std::string> zones_of(Newsletter& newsletter, const queue::Issue& issue) {
  return reader_zones(*newsletter.database, issue.lists,
                      home_zone(issue.lists, newsletter.settings));
}

/// When the last readers are due; nothing: all have been served.
std::optional<Instant> until(Newsletter& newsletter, const queue::Issue& issue) {
  if (!issue.local_at()) return {};
  if (issue.started_at) return newsletter.ledger.last_due(issue.id);
  if (!issue.scheduled_at || issue.state == IssueState::cancelled) return {};
  return local_span(*issue.local_at(), zones_of(newsletter, issue)).second;
}

/// "2022-01-10"
std::string day_alone(std::chrono::local_days day) { return day_text(day).substr(0, 10); }

}  // namespace

std::string local_hours(Newsletter& newsletter, const queue::Issue& issue) {
  const auto last = until(newsletter, issue);
  if (!last) return {};
  return time_of_day_text(*issue.local_time) + " local, from " +
         newsletter.time(issue.scheduled_at) + " to " + newsletter.time(last);
}

Json json_local_hours(Newsletter& newsletter, const queue::Issue& issue) {
  if (!issue.local_at())
    return {{"local_time", nullptr}, {"local_day", nullptr}, {"local_until", nullptr}};
  return {{"local_time", time_of_day_text(*issue.local_time)},
          {"local_day", day_alone(*issue.local_day)},
          {"local_until", json_time(until(newsletter, issue))}};
}

Json json_zones(Newsletter& newsletter, const queue::Issue& issue) {
  auto zones = Json::object();
  for (const auto& [zone, due, sums] : store::zone_sums(*newsletter.database, issue.id)) {
    auto& row = zones[zone] = {{"due", json_time(due)}, {"readers", sums.audience()}};
    auto counts = json_sums(sums);
    counts.erase("audience");
    row.update(counts);
  }
  return zones;
}

void print_zones(Newsletter& newsletter, const queue::Issue& issue) {
  const auto zones = store::zone_sums(*newsletter.database, issue.id);
  if (zones.empty()) return;
  Table table({{"ZONE"},
               {"DUE"},
               {"READERS", Align::right},
               {"ACCEPTED", Align::right},
               {"WAITING", Align::right},
               {"OTHERS", Align::right}});
  for (const auto& [zone, due, sums] : zones) {
    const auto waiting = sums.pending + sums.deferred;
    table.add({zone, newsletter.time(due), with_thousands(sums.audience()),
               with_thousands(sums.accepted), with_thousands(waiting),
               with_thousands(sums.audience() - sums.accepted - waiting)});
  }
  std::cout << "\n";
  table.print();
}

void schedule_on_day(Newsletter& newsletter, const queue::Issue& issue,
                     std::chrono::local_days day) {
  if (!issue.local_time)
    throw Refusal("'" + day_alone(day) + "' is a day without a time of day; write \"" +
                  day_alone(day) + " 08:00\"; a day alone is for an issue with local_time");
  const auto at = day + *issue.local_time;
  const auto [first, last] = local_span(at, zones_of(newsletter, issue));
  const auto now = newsletter.clock.now();
  if (last <= now)
    throw Refusal("that hour is past for all its readers; `postrider issue send " + issue.slug +
                  "` sends it now");
  const auto start = std::max(first, now);
  value_of(newsletter.ledger.schedule(
      issue.slug, start, "operator", now,
      queue::LocalDay{day, local_moment(at, home_zone(issue.lists, newsletter.settings))}));
  std::cout << "Issue '" << issue.slug << "' goes out at " << time_of_day_text(*issue.local_time)
            << " of each reader's clock on " << day_alone(day) << ", from "
            << newsletter.time(start) << " to " << newsletter.time(last) << ".\n";
}

}  // namespace postrider::daemon::commands
