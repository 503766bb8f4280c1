// postrider events: what happened, for people and scripts.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/event_json.h"
#include "store/event_kinds.h"

namespace postrider::daemon::commands {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 250ms;
constexpr int read_at_once = 1000;

struct EventsArguments {
  std::string issue, email, kind;
  int last = 100;
  bool follow = false, json = false;
};

/// Whether it was asked for. A kind may be the beginning of one: "issue" for "issue.held".
bool is_wanted(const store::Event& event, const EventsArguments& args) {
  return (args.issue.empty() || event.issue == args.issue) &&
         (args.email.empty() || iequals(event.email, args.email)) &&
         (args.kind.empty() || event.kind == args.kind || event.kind.starts_with(args.kind + "."));
}

/// The newest up to `last` that are wanted, oldest first.
std::vector<store::Event> newest(store::Ledger& ledger, const EventsArguments& args,
                                 std::int64_t last) {
  std::vector<store::Event> wanted;
  auto before = last + 1;
  while (static_cast<int>(wanted.size()) < args.last) {
    const auto page = ledger.events_before(before, read_at_once);
    for (const auto& event : page)
      if (is_wanted(event, args) && static_cast<int>(wanted.size()) < args.last)
        wanted.push_back(event);
    if (page.empty()) break;
    before = page.back().id;
  }
  std::reverse(wanted.begin(), wanted.end());
  return wanted;
}

std::string about(const store::Event& event) {
  if (event.issue.empty() || event.email.empty()) return event.issue + event.email;
  return event.issue + ", " + event.email;
}

void print_line(const Newsletter& newsletter, const store::Event& event, bool json) {
  if (json)
    std::cout << to_json(event).dump() << "\n";
  else
    std::cout << newsletter.time(event.at) << "  " << padded(event.kind, 24) << "  "
              << printable(about(event) + "  by " + event.actor + "  " + event.detail) << "\n";
  std::cout.flush();
}

/// Until it is killed.
int follow(Newsletter& newsletter, const EventsArguments& args) {
  auto& ledger = newsletter.ledger;
  auto last = ledger.newest_event();
  for (const auto& event : newest(ledger, args, last)) print_line(newsletter, event, args.json);
  for (;;) {
    const auto page = ledger.events_after(last, read_at_once);
    for (const auto& event : page) {
      last = event.id;
      if (is_wanted(event, args)) print_line(newsletter, event, args.json);
    }
    if (page.empty()) std::this_thread::sleep_for(look_every);
  }
}

int events(const Common& common, const EventsArguments& args) {
  Newsletter newsletter(common);
  if (!args.issue.empty()) newsletter.issue(args.issue);  // or a Refusal
  if (args.follow) return follow(newsletter, args);
  const auto found = newest(newsletter.ledger, args, newsletter.ledger.newest_event());
  if (args.json) {
    auto array = Json::array();
    for (const auto& event : found) array.push_back(to_json(event));
    print_json(array);
    return done;
  }
  if (found.empty()) {
    std::cerr << "No such events.\n";
    return done;
  }
  Table table({{"TIME"}, {"KIND"}, {"ABOUT"}, {"BY"}, {"DETAIL", Align::left, 100}});
  for (const auto& event : found)
    table.add({newsletter.time(event.at), event.kind, about(event), event.actor, event.detail});
  table.print();
  return done;
}

/// Empty: there may be events of that kind.
std::string check_kind(const std::string& kind) {
  if (store::is_event_kind(kind)) return {};
  const std::vector<std::string> subjects(store::event_subjects.begin(),
                                          store::event_subjects.end());
  return "there are no events of a kind '" + printable(kind) + "'; write one of " +
         join(subjects, ", ") + ", or a whole kind such as issue.held";
}

}  // namespace

void add_events(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<EventsArguments>();
  auto* added = app.add_subcommand(
      "events", "What happened to issues, readers, relays and the list, the newest last");
  added->add_option("--issue", args->issue, "Only of this issue")->type_name("SLUG");
  added->add_option("--email", args->email, "Only of this reader")->type_name("EMAIL");
  added->add_option("--kind", args->kind, "Only these: issue, subscriber, relay, … or issue.held")
      ->check(check_kind)
      ->type_name("KIND");
  added->add_option("--last", args->last, "How many of the newest; 100 by default")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N");
  added->add_flag("--follow", args->follow, "Then each as it comes, until Ctrl-C");
  added->add_flag("--json", args->json,
                  "One JSON document instead of text; with --follow one a line");
  added->callback(
      [args, &common, &command] { command = [args, &common] { return events(common, *args); }; });
}

}  // namespace postrider::daemon::commands
