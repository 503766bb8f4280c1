// postrider schedule show: the slots of lists, and who is to have them.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/local_hour.h"
#include "base/text.h"
#include "base/time_zone.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/draft_slots.h"

namespace postrider::daemon::commands {

namespace {

constexpr int most_slots = 1000;  // of a list

std::string issue_text(const PlannedSlot& slot) {
  if (slot.occurrence.skipped) return "(skipped)";
  if (slot.issue.empty()) return "-";
  const bool waits = slot.state == queue::IssueState::scheduled;
  return slot.issue + (waits ? "" : " (" + std::string(to_string(slot.state)) + ")") +
         (slot.local_time ? " (" + time_of_day_text(*slot.local_time) + " local)" : "");
}

/// RFC 3339 with the zone's offset.
std::string local_rfc3339(Instant at, const std::string& zone) {
  return format_in_zone(std::chrono::floor<std::chrono::seconds>(at), zone, "%FT%T%Ez");
}

Json json_slot(const config::List& list, const PlannedSlot& slot) {
  const auto at = slot.occurrence.at;
  const bool planned = !slot.issue.empty() && !slot.occurrence.skipped;
  return {{"list", list.key},
          {"slot", slot.occurrence.slots},
          {"local", local_rfc3339(at, list.schedule.zone)},
          {"utc", rfc3339(at)},
          {"zone", list.schedule.zone},
          {"issue", planned ? Json(slot.issue) : Json(nullptr)},
          {"state", planned ? Json(to_string(slot.state)) : Json(nullptr)},
          {"local_time",
           planned && slot.local_time ? Json(time_of_day_text(*slot.local_time)) : Json(nullptr)},
          {"skipped", slot.occurrence.skipped}};
}

/// The lists with slots, or the named one.
std::vector<const config::List*> lists_to_show(const config::Settings& settings,
                                               const std::string& named) {
  std::vector<const config::List*> lists;
  std::vector<std::string> keys;
  for (const auto& list : settings.lists) {
    keys.push_back(list.key);
    if (named.empty() ? !list.schedule.slots.empty() : list.key == named) lists.push_back(&list);
  }
  if (lists.empty() && !named.empty())
    throw Refusal("there is no list '" + printable(named) + "' in " + settings.file.string() +
                  "; its lists are: " + join(keys, ", "));
  return lists;
}

int show_schedule(const Common& common, const std::string& named, int count, bool json) {
  const auto settings = load(common);
  const auto lists = lists_to_show(settings, named);
  const auto database = existing_database(settings);
  const auto now = SystemClock().now();
  auto array = Json::array();
  Table table({{"LIST"}, {"SLOT"}, {"LOCAL"}, {"UTC"}, {"ISSUE"}});
  bool any = false;
  for (const auto* list : lists)
    for (const auto& slot : planned_slots(*list, settings, database.get(), now, count)) {
      any = true;
      array.push_back(json_slot(*list, slot));
      table.add({list->key, slot.occurrence.slots,
                 slot_text(slot.occurrence.at, list->schedule.zone),
                 format_in_zone(slot.occurrence.at, "UTC", "%Y-%m-%d %H:%M"), issue_text(slot)});
    }
  if (json)
    print_json(array);
  else
    table.print();
  if (!any && !json)
    std::cerr << "No slots: write schedule = \"Mon 08:00\" into [lists."
              << (named.empty() ? settings.lists.front().key : named) << "] of "
              << settings.file.string() << "\n";
  return done;
}

}  // namespace

void add_schedule(CLI::App& app, Common& common, Command& command) {
  struct Arguments {
    std::string list;
    int count = 8;
    bool json = false;
  };
  const auto args = std::make_shared<Arguments>();
  auto* schedule = app.add_subcommand("schedule", "The slots in which lists' issues come out");
  schedule->require_subcommand(1);
  auto* show = schedule->add_subcommand(
      "show", "The next slots, in their zone and in UTC, and who has them");
  show->add_option("--list", args->list, "Of this list only")->type_name("LIST");
  show->add_option("--count", args->count, "So many of each list; 8 by default")
      ->check(CLI::Range(1, most_slots));
  show->add_flag("--json", args->json, "One JSON document instead of text");
  show->callback([args, &common, &command] {
    command = [args, &common] {
      return show_schedule(common, args->list, args->count, args->json);
    };
  });
}

}  // namespace postrider::daemon::commands
