// postrider subscriber import: lists from files.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "base/text.h"
#include "daemon/check_keys.h"
#include "daemon/commands/command.h"
#include "daemon/commands/interruptible.h"
#include "daemon/commands/output.h"
#include "daemon/commands/progress_line.h"
#include "daemon/commands/restore.h"
#include "store/restoring.h"
#include "subscribers/formats/platform.h"
#include "subscribers/formats/source.h"

namespace postrider::daemon::commands {

namespace {

using namespace subscribers;

struct ImportArguments {
  std::string list, file;
  std::string format = "auto";
  bool dry_run = false, pending = false, json = false;
};

// What is told ---------------------------------------------------------------------------------

Json counts(const std::map<std::string, std::int64_t>& rows) {
  auto json = Json::object();
  for (const auto& [reason, count] : rows) json[reason] = count;
  return json;
}

Json to_json(const ImportSummary& summary) {
  auto examples = Json::array();
  for (const auto& row : summary.examples)
    examples.push_back({{"row", row.row},
                        {"line", row.line},
                        {"reason", row.reason},
                        {"detail", printable(row.detail)},
                        {"file", printable(row.file)}});
  auto changes = Json::array();
  for (const auto& row : summary.changes)
    changes.push_back({{"row", row.row},
                       {"result", row.result == Added::added ? "added" : "updated"},
                       {"email", printable(row.email)},
                       {"what", printable(row.what)}});
  Json json{{"import", summary.import},
            {"read", summary.read},
            {"added", summary.added},
            {"updated", summary.updated},
            {"unchanged", summary.unchanged},
            {"skipped", counts(summary.skipped)},
            {"carried", counts(summary.carried)},
            {"skipped_rows", examples},
            {"changes", changes}};
  if (const auto rest = summary.not_reached(); rest != 0) json["not_reached"] = rest;
  return json;
}

void print(const ImportSummary& summary) {
  Table table({{"ROWS"}, {"", Align::right}});
  for (const auto& [label, count] : {std::pair{"read", summary.read},
                                     {"added", summary.added},
                                     {"updated", summary.updated},
                                     {"unchanged", summary.unchanged},
                                     {"skipped", summary.all_skipped()}})
    table.add({label, with_thousands(count)});
  for (const auto& [reason, rows] : summary.skipped)
    table.add({"  " + reason, with_thousands(rows)});
  if (const auto rest = summary.not_reached(); rest != 0)
    table.add({"not reached", with_thousands(rest)});
  if (!summary.carried.empty()) table.add({"of all, at their source", ""});
  for (const auto& [standing, rows] : summary.carried)
    table.add({"  " + standing, with_thousands(rows)});
  table.print();
}

void print_changes(const ImportSummary& summary) {
  if (summary.changes.empty()) return;
  std::cout << "\nThe first of those that would change:\n";
  Table table({{"ROW", Align::right}, {"", Align::left}, {"EMAIL"}, {"WHAT", Align::left, 100}});
  for (const auto& change : summary.changes)
    table.add({with_thousands(change.row), change.result == Added::added ? "added" : "updated",
               printable(change.email), printable(change.what)});
  table.print();
}

// Commands -------------------------------------------------------------------------------------

[[noreturn]] void refuse_list(const std::string& name, const std::string& why) {
  throw Refusal(printable(name) + ": " + why + "; nothing was imported");
}

/// What is worth telling of rows that are taken all the same: each reason once, with its first row.
struct Remarks {
  std::map<std::string, std::int64_t> counts;
  std::vector<Remark> first;
  std::int64_t nameless = 0;

  void note(Remark remark) {
    if (++counts[remark.reason] == 1) first.push_back(std::move(remark));
  }
};

std::string place(const std::string& name, const std::string& in_archive, std::int64_t line) {
  return printable(name) + (in_archive.empty() ? "" : "/" + printable(in_archive)) + ":" +
         std::to_string(line);
}

void print_notes(const std::string& name, const ImportSummary& summary, const Remarks& remarks) {
  for (const auto& row : summary.examples)
    std::cerr << place(name, row.file, row.line) << ": row " << row.row
              << " skipped: " << row.reason << ": " << printable(row.detail) << "\n";
  for (const auto& remark : remarks.first) {
    const auto rows = remarks.counts.at(remark.reason);
    std::cerr << place(name, remark.file, remark.line) << ": row " << remark.row << ": "
              << remark.reason << ": " << printable(remark.detail)
              << (rows > 1 ? " (" + counted(rows, "row") + " in all)" : "") << "\n";
  }
  if (remarks.nameless > 0)
    std::cerr << printable(name) << ": " << counted(remarks.nameless, "value")
              << " in columns without a name left out; name them in its first line\n";
}

void print_plan(const Source& source) {
  Table table({{"FILE"}, {"COLUMN"}, {"BECOMES", Align::left, 100}});
  for (const auto& column : source.plan())
    table.add({printable(column.file), printable(column.column), printable(column.becomes)});
  table.print();
  std::cout << "\n";
}

/// What a dry run would have shown, where a list may be kept out by mistake.
void print_likely(const std::string& name, const Source& source) {
  for (const auto& column : source.plan())
    if (column.becomes.ends_with(rename_it))
      std::cerr << printable(name) << (column.file.empty() ? "" : "/" + printable(column.file))
                << ": column " << printable(column.column) << ": " << printable(column.becomes)
                << "\n";
}

Json json_plan(const Source& source) {
  auto plan = Json::array();
  for (const auto& column : source.plan())
    plan.push_back({{"file", printable(column.file)},
                    {"column", printable(column.column)},
                    {"becomes", printable(column.becomes)}});
  return plan;
}

Source open_source(const ImportArguments& args, const std::string& name, const std::string& list) {
  const auto format = parse_format(args.format);
  if (!format)
    throw Refusal("--format " + printable(args.format) + ": is none of " + format_names());
  auto source = args.file == "-" ? Source::open(std::cin, *format, list)
                                 : Source::open(std::filesystem::path(args.file), *format, list);
  if (!source) refuse_list(name, source.error().message);
  return std::move(*source);
}

/// Its own export goes back as it was, with all lists, states and evidence, where nobody is in its
/// way and nothing else is asked for.
bool goes_back(Newsletter& newsletter, const ImportArguments& args) {
  return args.list.empty() && !args.pending && args.format == "auto" && is_own_export(args.file) &&
         store::can_restore(*newsletter.database);
}

int import(const Common& common, const ImportArguments& args) {
  Newsletter newsletter(common);
  if (goes_back(newsletter, args)) return restore(newsletter, {args.file, args.dry_run, args.json});
  const auto& list = newsletter.list(args.list);
  const auto name = args.file == "-" ? std::string("standard input") : args.file;
  auto source = open_source(args, name, list.key);
  if (!args.json) {
    std::cout << printable(name) << ": " << printable(source.description()) << "\n";
    if (source.format() == Format::postrider)
      std::cout << "What it says of " << list.key
                << " is imported, and whom it has suppressed or erased; as a whole, an export is "
                   "read back only where there are no readers yet.\n";
    args.dry_run ? print_plan(source) : print_likely(name, source);
  }
  for (const auto& warning : check_erased(newsletter.settings, *newsletter.database))
    std::cerr << to_string(warning) << "\n";
  Remarks remarks;
  const auto reading = [&](const RowVisitor& row, const SkipVisitor& skip) {
    return source.read(
        [&](Entry entry, std::int64_t number, std::int64_t line) {
          remarks.nameless += entry.nameless;
          row(std::move(entry), number, line);
        },
        skip, [&](Remark remark) { remarks.note(std::move(remark)); });
  };
  Interruptible signals;
  ProgressLine line;
  const auto progress = [&](const ImportProgress& now) {
    if (signals.interrupted() && now.reading) refuse_list(name, "stopped while it was read");
    if (now.reading)
      line.tell({"reading", "rows", now.rows, static_cast<std::int64_t>(source.octets_read()),
                 static_cast<std::int64_t>(source.octets())});
    else
      line.tell({"writing", "rows", now.rows, now.rows, now.total});
  };
  const ImportOrder order{.list = list.key,
                          .source = std::filesystem::path(name).filename().string(),
                          .format = std::string(to_string(source.format())),
                          .dry_run = args.dry_run,
                          .pending = args.pending,
                          .questions = newsletter.settings.sign_up.imported,
                          .progress = progress,
                          .stop = signals.token()};
  auto imported = newsletter.subscribers.import(reading, order, newsletter.clock.now());
  line.clear();
  if (!imported) refuse_list(name, imported.error().message);
  const bool complete = imported->not_reached() == 0;
  if (args.json) {
    auto document = to_json(*imported);
    document["format"] = to_string(source.format());
    document["description"] = printable(source.description());
    if (args.dry_run) document["columns"] = json_plan(source);
    document["remarks"] = counts(remarks.counts);
    document["nameless_values"] = remarks.nameless;
    document["complete"] = complete;
    print_json(document);
  } else {
    std::cout << (args.dry_run ? "Would import" : "Import " + std::to_string(imported->import))
              << " into " << list.key << ":\n";
    print(*imported);
    print_changes(*imported);
    print_notes(name, *imported, remarks);
  }
  const auto way_back = "`postrider subscriber undo " + std::to_string(imported->import) + "`";
  if (!complete)
    throw Refusal(args.dry_run
                      ? "stopped in the middle; nothing was written"
                      : "stopped in the middle: what was written stays; import the file again to "
                        "go on, or take it back with " +
                            way_back);
  const bool changed = imported->added + imported->updated > 0;
  if (changed && !args.dry_run && !args.json) std::cout << "\n" << way_back << " takes it back.\n";
  return done;
}

}  // namespace

void add_import(CLI::App& subscriber, Common& common, Command& command) {
  const auto args = std::make_shared<ImportArguments>();
  auto* added = subscriber.add_subcommand(
      "import",
      "Imports a file of readers; who left, bounced or complained, here or there, stays out");
  added->callback(
      [&command, &common, args] { command = [&common, args] { return import(common, *args); }; });
  added->add_option("FILE", args->file, "The file or pipe; - is standard input")->required();
  added
      ->add_option(
          "--list", args->list,
          "The list to join, and of an export the one that is read; the only one by default")
      ->type_name("LIST");
  added->add_option("--format", args->format, "What the file is: " + format_names())
      ->type_name("FORMAT");
  added->add_flag("--dry-run", args->dry_run, "Only tells what would change");
  added->add_flag("--pending", args->pending, "Readers are pending until they confirm");
  added->add_flag("--json", args->json, "One JSON document instead of text");
}

}  // namespace postrider::daemon::commands
