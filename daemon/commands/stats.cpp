// postrider stats: how the lists grow, and which issues readers left by.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <tuple>

#include "base/text.h"
#include "base/time_zone.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "store/statistics.h"

namespace postrider::daemon::commands {

namespace {

using store::WeekOfList;
using Counts = std::map<std::string, std::int64_t>;
using Weeks = std::map<std::chrono::local_days, WeekOfList>;

struct StatsArguments {
  std::string list;
  int weeks = 12;
  bool json = false;
};

std::int64_t sum_of(const Counts& counts) {
  std::int64_t sum = 0;
  for (const auto& [how, count] : counts) sum += count;
  return sum;
}

std::int64_t growth_of(const WeekOfList& week) { return sum_of(week.joined) - sum_of(week.left); }

std::string day(std::chrono::local_days monday) {
  return format_in_zone(Instant(monday.time_since_epoch()), "UTC", "%Y-%m-%d");
}

Json to_json(const Counts& counts) {
  auto object = Json::object();
  for (const auto& [how, count] : counts) object[how] = count;
  return object;
}

Json to_json(const std::vector<store::ListStanding>& standings) {
  auto array = Json::array();
  for (const auto& list : standings)
    array.push_back({{"list", list.list},
                     {"confirmed", list.confirmed},
                     {"suppressed", list.suppressed},
                     {"pending", list.pending},
                     {"unsubscribed", list.unsubscribed}});
  return array;
}

Json to_json(const Weeks& weeks) {
  auto array = Json::array();
  std::int64_t confirmed = 0;
  for (const auto& [monday, week] : weeks) {
    confirmed += growth_of(week);
    array.push_back({{"week", day(monday)},
                     {"joined", to_json(week.joined)},
                     {"left", to_json(week.left)},
                     {"growth", growth_of(week)},
                     {"confirmed", confirmed}});
  }
  return array;
}

Json to_json(const std::vector<store::DeparturesOfIssue>& departures) {
  auto array = Json::array();
  for (const auto& issue : departures)
    array.push_back({{"issue", issue.issue},
                     {"started_at", rfc3339(issue.started_at)},
                     {"audience", issue.audience},
                     {"left", issue.left}});
  return array;
}

/// "1,200 by import, 3 by operator", the most first.
std::string in_words(const Counts& counts) {
  std::vector<std::pair<std::string, std::int64_t>> most(counts.begin(), counts.end());
  std::sort(most.begin(), most.end(), [](const auto& a, const auto& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  });
  std::string text;
  for (const auto& [how, count] : most)
    text += (text.empty() ? "" : ", ") + with_thousands(count) + (how == "unknown" ? " " : " by ") +
            how;
  return text;
}

std::string with_sign(std::int64_t number) {
  return (number > 0 ? "+" : "") + with_thousands(number);
}

void print_standings(const std::vector<store::ListStanding>& standings) {
  Table table({{"LIST"},
               {"CONFIRMED", Align::right},
               {"SUPPRESSED", Align::right},
               {"PENDING", Align::right},
               {"UNSUBSCRIBED", Align::right}});
  for (const auto& list : standings)
    table.add({list.list, with_thousands(list.confirmed), with_thousands(list.suppressed),
               with_thousands(list.pending), with_thousands(list.unsubscribed)});
  table.print();
}

/// The last ones.
void print_weeks(const Weeks& weeks, std::size_t most) {
  if (weeks.empty()) return;
  Table table({{"WEEK FROM"},
               {"JOINED", Align::right},
               {"LEFT", Align::right},
               {"GROWTH", Align::right},
               {"CONFIRMED", Align::right},
               {"JOINED BY"},
               {"LEFT BY"}});
  std::int64_t confirmed = 0;
  auto earlier = weeks.size() - std::min(weeks.size(), most);
  for (const auto& [monday, week] : weeks) {
    confirmed += growth_of(week);
    if (earlier > 0) {
      --earlier;
      continue;
    }
    table.add({day(monday), with_thousands(sum_of(week.joined)), with_thousands(sum_of(week.left)),
               with_sign(growth_of(week)), with_thousands(confirmed), in_words(week.joined),
               in_words(week.left)});
  }
  std::cout << "\n";
  table.print();
}

void print_departures(const Newsletter& newsletter,
                      const std::vector<store::DeparturesOfIssue>& departures) {
  if (departures.empty()) return;
  Table table({{"LEFT BY A LINK OF"},
               {"STARTED"},
               {"AUDIENCE", Align::right},
               {"LEFT", Align::right},
               {"SHARE", Align::right}});
  for (const auto& issue : departures) {
    const auto hundredths = issue.audience > 0 ? issue.left * 10'000 / issue.audience : 0;
    table.add({issue.issue, newsletter.time(issue.started_at), with_thousands(issue.audience),
               with_thousands(issue.left),
               std::to_string(hundredths / 100) + "." + std::to_string(hundredths % 100 / 10) +
                   std::to_string(hundredths % 10) + " %"});
  }
  std::cout << "\n";
  table.print();
}

int stats(const Common& common, const StatsArguments& args) {
  Newsletter newsletter(common);
  store::Statistics statistics(*newsletter.database,
                               args.list.empty() ? "" : newsletter.list(args.list).key);
  const auto standings = statistics.standings();
  const auto weeks = statistics.weeks(newsletter.settings.publication.timezone);
  const auto departures = statistics.departures();
  if (args.json) {
    print_json({{"list", args.list.empty() ? Json(nullptr) : Json(args.list)},
                {"lists", to_json(standings)},
                {"weeks", to_json(weeks)},
                {"issues", to_json(departures)}});
    return done;
  }
  print_standings(standings);
  print_weeks(weeks, static_cast<std::size_t>(args.weeks));
  print_departures(newsletter, departures);
  return done;
}

}  // namespace

void add_stats(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<StatsArguments>();
  auto* added = app.add_subcommand(
      "stats",
      "How the lists grow: joined and left by week and source, departures by issue. CONFIRMED "
      "counts paused and suppressed readers, too; SUPPRESSED are those of them");
  added->add_option("--list", args->list, "Only this list")->type_name("LIST");
  added->add_option("--weeks", args->weeks, "How many weeks are shown; 12 by default; JSON has all")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N");
  added->add_flag("--json", args->json, "One JSON document instead of text");
  added->callback(
      [args, &common, &command] { command = [args, &common] { return stats(common, *args); }; });
}

}  // namespace postrider::daemon::commands
