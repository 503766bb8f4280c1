#include "daemon/local_starts.h"

#include <algorithm>
#include <utility>

#include "base/local_hour.h"
#include "store/issue_zones.h"
#include "store/ledger.h"

namespace postrider::daemon {

std::string home_zone(const std::vector<std::string>& lists, const config::Settings& settings) {
  for (const auto& list : settings.lists)
    if (!lists.empty() && list.key == lists.front()) return list.schedule.zone;
  return settings.publication.timezone;
}

std::vector<std::string> reader_zones(store::Database& database,
                                      const std::vector<std::string>& lists,
                                      const std::string& home) {
  auto zones = store::zones_of_lists(database, lists);
  if (std::find(zones.begin(), zones.end(), home) == zones.end()) zones.push_back(home);
  return zones;
}

std::chrono::local_days local_day_of(Instant instant, const std::string& zone) {
  const auto local = to_local(instant, zone);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch();
  return std::chrono::floor<std::chrono::days>(local ? *local : LocalTime(seconds));
}

LocalStarts::LocalStarts(const config::Settings& settings, store::Database& reading,
                         Errands errands, const Clock& clock)
    : settings_(settings), reading_(reading), errands_(std::move(errands)), clock_(clock) {}

void LocalStarts::tick() {
  const auto now = clock_.now();
  if (looked_at_ && now >= *looked_at_ && now - *looked_at_ < look_every) return;
  looked_at_ = now;
  std::vector<std::pair<IssueId, Instant>> moved;
  for (const auto& issue : store::Ledger(reading_).local_issues()) {
    if (issue.scheduled_at <= now) continue;
    const auto zones = reader_zones(reading_, issue.lists, home_zone(issue.lists, settings_));
    const auto start = local_start(*issue.local_at(), zones, issue.scheduled_at, now);
    if (start != issue.scheduled_at) moved.emplace_back(issue.id, start);
  }
  if (moved.empty()) return;
  errands_.run(
      "the starts of issues by local time",
      [moved = std::move(moved), now](store::Database& writing) {
        for (const auto& [issue, start] : moved)
          store::Ledger(writing).move_start(issue, start, now);
      },
      [](bool) {});
}

}  // namespace postrider::daemon
