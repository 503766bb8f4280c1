// postrider subscriber import | imports | undo: lists from files, and the way back.
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <unistd.h>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/progress.h"
#include "daemon/commands/restore.h"
#include "store/restoring.h"
#include "subscribers/formats/source.h"

namespace postrider::daemon::commands {

namespace {

using namespace subscribers;

struct Arguments {
  std::string list, file;
  std::string format = "auto";
  std::int64_t import = 0;
  bool dry_run = false, pending = false, json = false;
};

// Ctrl-C ---------------------------------------------------------------------------------------

volatile std::sig_atomic_t interrupted = 0;

/// While it lives, the first Ctrl-C ends the import between two steps, the second one at once.
class Interruptible {
 public:
  Interruptible() {
    struct sigaction action{};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, &before_);
  }
  ~Interruptible() { ::sigaction(SIGINT, &before_, nullptr); }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  struct sigaction before_{};
};

// Progress -------------------------------------------------------------------------------------

/// One line on stderr, written over and over; nothing where that is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(const Source& source) : source_(source) {}

  void tell(const ImportProgress& progress) {
    if (!shown_) return;
    if (progress.reading != reading_) begun_ = Clock::now();
    reading_ = progress.reading;
    const std::chrono::duration<double> took = Clock::now() - begun_;
    const auto speed = static_cast<double>(progress.rows) / std::max(took.count(), 1e-3);
    const auto [part, whole] = progress.reading
                                   ? std::pair(static_cast<std::int64_t>(source_.octets_read()),
                                               static_cast<std::int64_t>(source_.octets()))
                                   : std::pair(progress.rows, progress.total);
    std::string line = progress.reading ? "reading " : "writing ";
    if (whole > 0) line += bar(part, whole, 30) + " ";
    line += with_thousands(progress.rows) + " rows, " +
            with_thousands(static_cast<std::int64_t>(speed)) + " a second";
    if (whole > 0 && part > 0)
      line += ", " +
              rough(std::chrono::duration_cast<Duration>(
                  took * (static_cast<double>(whole - part) / static_cast<double>(part)))) +
              " left";
    std::cerr << "\r" << line << "\033[K" << std::flush;
    written_ = true;
  }
  void clear() {
    if (written_) std::cerr << "\r\033[K" << std::flush;
    written_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Source& source_;
  const bool shown_ = ::isatty(STDERR_FILENO) == 1;
  bool written_ = false;
  bool reading_ = true;
  Clock::time_point begun_ = Clock::now();
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
  return {{"import", summary.import},
          {"read", summary.read},
          {"added", summary.added},
          {"updated", summary.updated},
          {"unchanged", summary.unchanged},
          {"skipped", counts(summary.skipped)},
          {"carried", counts(summary.carried)},
          {"skipped_rows", examples},
          {"changes", changes}};
}

void print(const ImportSummary& summary) {
  std::int64_t skipped = 0;
  for (const auto& [reason, rows] : summary.skipped) skipped += rows;
  Table table({{"ROWS"}, {"", Align::right}});
  for (const auto& [label, count] : {std::pair{"read", summary.read},
                                     {"added", summary.added},
                                     {"updated", summary.updated},
                                     {"unchanged", summary.unchanged},
                                     {"skipped", skipped}})
    table.add({label, with_thousands(count)});
  for (const auto& [reason, rows] : summary.skipped)
    table.add({"  " + reason, with_thousands(rows)});
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

Json json_plan(const Source& source) {
  auto plan = Json::array();
  for (const auto& column : source.plan())
    plan.push_back({{"file", printable(column.file)},
                    {"column", printable(column.column)},
                    {"becomes", printable(column.becomes)}});
  return plan;
}

Source open_source(const Arguments& args, const std::string& name, const std::string& list) {
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
bool goes_back(Newsletter& newsletter, const Arguments& args) {
  return args.list.empty() && !args.pending && args.format == "auto" && is_own_export(args.file) &&
         store::can_restore(*newsletter.database);
}

int import(const Common& common, const Arguments& args) {
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
    if (args.dry_run) print_plan(source);
  }
  Remarks remarks;
  const auto reading = [&](const RowVisitor& row, const SkipVisitor& skip) {
    return source.read(
        [&](Entry entry, std::int64_t number, std::int64_t line) {
          remarks.nameless += entry.nameless;
          row(std::move(entry), number, line);
        },
        skip, [&](Remark remark) { remarks.note(std::move(remark)); });
  };
  const Interruptible interruptible;
  std::stop_source stop;
  ProgressLine line(source);
  const ImportOrder order{.list = list.key,
                          .source = std::filesystem::path(name).filename().string(),
                          .format = std::string(to_string(source.format())),
                          .dry_run = args.dry_run,
                          .pending = args.pending,
                          .questions = newsletter.settings.sign_up.imported,
                          .progress =
                              [&](const ImportProgress& progress) {
                                if (interrupted != 0) stop.request_stop();
                                line.tell(progress);
                              },
                          .stop = stop.get_token()};
  auto imported = newsletter.subscribers.import(reading, order, newsletter.clock.now());
  line.clear();
  if (!imported) refuse_list(name, imported.error().message);
  if (args.json) {
    auto document = to_json(*imported);
    document["format"] = to_string(source.format());
    document["description"] = printable(source.description());
    if (args.dry_run) document["columns"] = json_plan(source);
    document["remarks"] = counts(remarks.counts);
    document["nameless_values"] = remarks.nameless;
    document["complete"] = !stop.stop_requested();
    print_json(document);
  } else {
    std::cout << (args.dry_run ? "Would import" : "Import " + std::to_string(imported->import))
              << " into " << list.key << ":\n";
    print(*imported);
    print_changes(*imported);
    print_notes(name, *imported, remarks);
  }
  if (stop.stop_requested())
    throw Refusal(
        "stopped in the middle: what was written stays; import the file again to go on, "
        "or take it back with `postrider subscriber undo " +
        std::to_string(imported->import) + "`");
  return done;
}

std::string state_of(const ImportRecord& record) {
  if (record.undone_at) return "undone";
  if (record.running) return "running";
  return record.finished_at ? "finished" : "cut off";
}

int imports(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto records = newsletter.subscribers.imports();
  if (args.json) {
    auto all = Json::array();
    for (const auto& record : records) {
      auto row = Json{{"import", record.id},
                      {"at", rfc3339(record.at)},
                      {"source", printable(record.source)},
                      {"format", record.format},
                      {"list", record.list},
                      {"state", state_of(record)},
                      {"finished_at", json_time(record.finished_at)},
                      {"undone_at", json_time(record.undone_at)}};
      row.update(Json::parse(record.summary, nullptr, false));
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
               {"UPDATED", Align::right}});
  for (const auto& record : records) {
    const auto summary = Json::parse(record.summary, nullptr, false);
    const auto count = [&](const char* key) {
      return with_thousands(summary.is_object() ? summary.value(key, std::int64_t{0}) : 0);
    };
    table.add({std::to_string(record.id), newsletter.time(record.at), printable(record.source),
               record.list, state_of(record), count("read"), count("added"), count("updated")});
  }
  table.print();
  if (records.empty()) std::cout << "Nothing has been imported yet.\n";
  return done;
}

int undo(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto undone =
      value_of(newsletter.subscribers.undo(args.import, {"operator"}, newsletter.clock.now()));
  if (args.json) {
    auto examples = Json::array();
    for (const auto& [email, why] : undone.examples)
      examples.push_back({{"email", printable(email)}, {"why", printable(why)}});
    print_json({{"import", args.import},
                {"removed", undone.removed},
                {"restored", undone.restored},
                {"kept", undone.kept},
                {"kept_readers", examples}});
    return done;
  }
  std::cout << "Import " << args.import << " is undone:\n";
  Table table({{"READERS"}, {"", Align::right}});
  table.add({"removed", with_thousands(undone.removed)});
  table.add({"as they were before", with_thousands(undone.restored)});
  table.add({"kept, since they have changed", with_thousands(undone.kept)});
  table.print();
  for (const auto& [email, why] : undone.examples)
    std::cout << "  " << printable(email) << ": " << printable(why) << "\n";
  return done;
}

}  // namespace

void add_imports(CLI::App& subscriber, Common& common, Command& command) {
  const auto args = std::make_shared<Arguments>();
  using Work = int (*)(const Common&, const Arguments&);
  const auto add_command = [&](const std::string& name, const std::string& text, Work work) {
    auto* added = subscriber.add_subcommand(name, text);
    added->callback([&command, &common, args, work] {
      command = [&common, args, work] { return work(common, *args); };
    });
    added->add_flag("--json", args->json, "One JSON document instead of text");
    return added;
  };
  auto* file = add_command("import",
                           "Imports a file of readers; who left, bounced or complained, here or "
                           "there, stays out",
                           import);
  file->add_option("FILE", args->file, "The file or pipe; - is standard input")->required();
  file->add_option(
          "--list", args->list,
          "The list to join, and of an export the one that is read; the only one by default")
      ->type_name("LIST");
  file->add_option("--format", args->format, "What the file is: " + format_names())
      ->type_name("FORMAT");
  file->add_flag("--dry-run", args->dry_run, "Only tells what would change");
  file->add_flag("--pending", args->pending, "Readers are pending until they confirm");
  add_command("imports", "What was imported, the newest first", imports);
  add_command("undo", "Takes an import back, but for what has changed since", undo)
      ->add_option("IMPORT", args->import, "Its number, as `subscriber imports` shows it")
      ->required();
}

}  // namespace postrider::daemon::commands
