#include "daemon/commands/progress.h"

#include <algorithm>

#include "base/local_hour.h"
#include "base/rate.h"
#include "base/text.h"

namespace postrider::daemon::commands {

namespace {

using namespace std::chrono_literals;

std::string text_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json rows(const Json& daemon, const char* key) {
  const auto found = daemon.find(key);
  return found != daemon.end() && found->is_array() ? *found : Json::array();
}

/// No relay can carry anything now: why.
std::string reason_of_relays(const Json& daemon) {
  const auto relays = rows(daemon, "relays");
  const bool none_works =
      !relays.empty() && std::all_of(relays.begin(), relays.end(), [](const Json& relay) {
        const auto state = text_of(relay, "state");
        return state == "waiting" || state == "out";
      });
  if (!none_works) return {};
  const auto& first = relays.front();
  const auto told = "relay " + text_of(first, "name");
  if (text_of(first, "state") == "out")
    return told + " is out: " + text_of(first, "last_error") +
           "; mend that, and let the daemon read its settings anew (systemctl reload, or SIGHUP)";
  return told + " waits: " + text_of(first, "last_error");
}

std::string reason_of_rates(const Json& daemon, const Waiting& waiting, Instant now) {
  for (const auto& relay : rows(daemon, "relays"))
    if (relay.value("limited", false))
      return "limited by relay " + text_of(relay, "name") + " " + text_of(relay, "rate");
  // Those that hold back something of this issue.
  auto domains = Json::array();
  for (const auto& domain : rows(daemon, "domains")) {
    const auto held = waiting.lanes.find(text_of(domain, "name"));
    if (held != waiting.lanes.end() && held->second > 0) domains.push_back(domain);
  }
  if (domains.empty()) return {};
  const auto& domain = domains.front();
  auto reason = "limited by " + text_of(domain, "name");
  if (const auto until = parse_rfc3339(text_of(domain, "paused_until")))
    reason += ", which waits another " + rough(*until - now);
  else if (const auto rate = text_of(domain, "rate"); !rate.empty())
    reason += " " + rate;
  else if (domain.contains("connections") && domain.at("connections").is_number())
    reason += " (" + counted(domain.at("connections").get<std::int64_t>(), "connection") + ")";
  if (domains.size() > 1) reason += " and " + counted(std::ssize(domains) - 1, "other domain");
  if (const auto said = text_of(domain, "reason"); !said.empty()) reason += ": " + said;
  return reason;
}

std::string reason_of(const queue::Issue& issue, const Json& daemon, const Waiting& waiting,
                      Instant now) {
  if (!daemon.is_object()) return "the daemon is not running";
  if (const auto trouble = text_of(daemon, "trouble"); !trouble.empty()) return trouble;
  if (auto reason = reason_of_relays(daemon); !reason.empty()) return reason;
  if (auto reason = reason_of_rates(daemon, waiting, now); !reason.empty()) return reason;
  const auto& next_due = waiting.next_due;
  if (next_due && *next_due > now && issue.local_at() && issue.sums.pending > 0)
    return counted(issue.sums.pending, "reader") + " to be served at " +
           time_of_day_text(*issue.local_time) + " of their clocks" +
           (issue.sums.deferred > 0
                ? ", " + with_thousands(issue.sums.deferred) + " to be tried again"
                : "") +
           ", the next in " + rough(*next_due - now);
  if (next_due && *next_due > now && (issue.sums.deferred > 0 || issue.sums.in_doubt > 0))
    return counted(issue.sums.deferred + issue.sums.in_doubt, "reader") +
           " to be tried again, the next in " + rough(*next_due - now);
  return {};
}

}  // namespace

std::map<std::string, std::vector<std::string>> held_back(const Json& daemon) {
  std::map<std::string, std::vector<std::string>> lanes;
  for (const auto& lane : rows(daemon, "domains")) {
    auto& domains = lanes[text_of(lane, "name")];
    for (const auto& domain : rows(lane, "domains"))
      if (domain.is_string()) domains.push_back(domain.get<std::string>());
  }
  return lanes;
}

Progress progress_of(const queue::Issue& issue, const Json& daemon, const Waiting& waiting,
                     Instant now) {
  Progress progress;
  if (issue.state != queue::IssueState::sending) return progress;
  if (daemon.is_object() && daemon.contains("speeds"))
    progress.speed = daemon.at("speeds").value(issue.slug, 0.0);
  progress.next = waiting.next_due;
  progress.reason = reason_of(issue, daemon, waiting, now);
  if (progress.speed <= 0 || issue.sums.pending == 0) return progress;
  auto left = static_cast<double>(issue.sums.pending + issue.sums.deferred) / progress.speed;
  // A domain's rate lets its last reader wait however fast the others are served.
  for (const auto& domain : rows(daemon, "domains")) {
    const auto rate = parse_rate(text_of(domain, "rate"));
    const auto held = waiting.lanes.find(text_of(domain, "name"));
    if (rate && held != waiting.lanes.end())
      left = std::max(left, static_cast<double>(held->second * rate->period.count()) / 1000 /
                                static_cast<double>(rate->count));
  }
  progress.left = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(left));
  if (waiting.last_due) progress.left = std::max(*progress.left, *waiting.last_due - now);
  return progress;
}

std::string rough(Duration duration) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  if (seconds < 90) return std::to_string(seconds) + " s";
  const auto minutes = (seconds + 30) / 60;
  if (minutes < 90) return std::to_string(minutes) + " min";
  const auto hours = minutes / 60;
  return hours < 48 ? std::to_string(hours) + " h " + std::to_string(minutes % 60) + " min"
                    : std::to_string(hours / 24) + " days";
}

}  // namespace postrider::daemon::commands
