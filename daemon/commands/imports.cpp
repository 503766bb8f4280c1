// postrider subscriber imports | undo: what was imported, and the way back.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <string>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/interruptible.h"
#include "daemon/commands/output.h"
#include "daemon/commands/progress_line.h"

namespace postrider::daemon::commands {

namespace {

using namespace subscribers;

struct ImportsArguments {
  std::int64_t import = 0;
  bool json = false;
};

std::string state_of(const ImportRecord& record, const Json& summary) {
  if (record.undone_at) return "undone";
  if (summary.contains("undone")) return "undone in part";
  if (record.running) return "running";
  return record.finished_at ? "finished" : "cut off";
}

int imports(const Common& common, const ImportsArguments& args) {
  Newsletter newsletter(common);
  const auto records = newsletter.subscribers.imports();
  if (args.json) {
    auto all = Json::array();
    for (const auto& record : records) {
      const auto summary = Json::parse(record.summary);
      auto row = Json{{"import", record.id},
                      {"at", rfc3339(record.at)},
                      {"source", printable(record.source)},
                      {"format", record.format},
                      {"list", record.list},
                      {"state", state_of(record, summary)},
                      {"finished_at", json_time(record.finished_at)},
                      {"undone_at", json_time(record.undone_at)}};
      row.update(summary);
      all.push_back(std::move(row));
    }
    print_json(all);
    return done;
  }
  Table table({{"IMPORT", Align::right},
               {"TIME"},
               {"FILE"},
               {"LIST"},
               {"STATE"},
               {"READ", Align::right},
               {"ADDED", Align::right},
               {"UPDATED", Align::right},
               {"UNCHANGED", Align::right},
               {"SKIPPED", Align::right}});
  for (const auto& record : records) {
    const auto summary = Json::parse(record.summary);
    const auto count = [&](const char* key) {
      return with_thousands(summary.value(key, std::int64_t{0}));
    };
    std::int64_t skipped = 0;
    const auto reasons = summary.value("skipped", std::map<std::string, std::int64_t>());
    for (const auto& [reason, rows] : reasons) skipped += rows;
    table.add({std::to_string(record.id), newsletter.time(record.at), printable(record.source),
               record.list, state_of(record, summary), count("read"), count("added"),
               count("updated"), count("unchanged"), with_thousands(skipped)});
  }
  table.print();
  if (records.empty()) std::cout << "Nothing has been imported yet.\n";
  return done;
}

Json to_json(const UndoSummary& undone, std::int64_t import) {
  auto examples = Json::array();
  for (const auto& [email, why] : undone.examples)
    examples.push_back({{"email", printable(email)}, {"why", printable(why)}});
  return {{"import", import},
          {"list", undone.list},
          {"removed", undone.removed},
          {"forgotten", undone.forgotten},
          {"restored", undone.restored},
          {"kept", undone.kept},
          {"kept_readers", examples},
          {"complete", undone.complete}};
}

void print(const UndoSummary& undone) {
  Table table({{"READERS"}, {"", Align::right}});
  table.add({"removed from " + undone.list, with_thousands(undone.removed)});
  if (undone.forgotten > 0) table.add({"  forgotten", with_thousands(undone.forgotten)});
  if (const auto known = undone.removed - undone.forgotten; known > 0)
    table.add({"  still known, by another list or a mail", with_thousands(known)});
  table.add({"as they were before", with_thousands(undone.restored)});
  table.add({"kept, since they have changed", with_thousands(undone.kept)});
  table.print();
  for (const auto& [email, why] : undone.examples)
    std::cout << "  " << printable(email) << ": " << printable(why) << "\n";
}

int undo(const Common& common, const ImportsArguments& args) {
  Newsletter newsletter(common);
  Interruptible signals;
  ProgressLine line;
  const UndoOrder order{.progress =
                            [&](const ImportProgress& now) {
                              signals.interrupted();
                              line.tell({"taking back", "readers", now.rows, now.rows, now.total});
                            },
                        .stop = signals.token()};
  const auto undone = value_of(
      newsletter.subscribers.undo(args.import, {"operator"}, newsletter.clock.now(), order));
  line.clear();
  const auto import = std::to_string(args.import);
  if (args.json) print_json(to_json(undone, args.import));
  if (!undone.complete)
    throw Refusal("stopped in the middle; of import " + import +
                  " so far: " + with_thousands(undone.removed) + " removed from " + undone.list +
                  ", " + with_thousands(undone.restored) + " as they were before, " +
                  with_thousands(undone.kept) + " kept; `postrider subscriber undo " + import +
                  "` goes on");
  if (args.json) return done;
  std::cout << "Import " << import << " is undone:\n";
  print(undone);
  return done;
}

}  // namespace

void add_imports(CLI::App& subscriber, Common& common, Command& command) {
  const auto args = std::make_shared<ImportsArguments>();
  using Work = int (*)(const Common&, const ImportsArguments&);
  const auto add_command = [&](const std::string& name, const std::string& text, Work work) {
    auto* added = subscriber.add_subcommand(name, text);
    added->callback([&command, &common, args, work] {
      command = [&common, args, work] { return work(common, *args); };
    });
    added->add_flag("--json", args->json, "One JSON document instead of text");
    return added;
  };
  add_command("imports", "What was imported, the newest first", imports);
  add_command("undo", "Takes an import back, but for what has changed since; stopped, it goes on",
              undo)
      ->add_option("IMPORT", args->import, "Its number, as `subscriber imports` shows it")
      ->required();
}

}  // namespace postrider::daemon::commands
