// postrider subscriber import | imports | undo: lists from files, and the way back.
#include "subscribers/import.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <unistd.h>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/progress.h"

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
  void tell(const ImportProgress& progress) {
    if (!shown_) return;
    if (progress.reading != reading_) begun_ = Clock::now();
    reading_ = progress.reading;
    const std::chrono::duration<double> took = Clock::now() - begun_;
    const auto speed = static_cast<double>(progress.rows) / std::max(took.count(), 1e-3);
    auto line = progress.reading ? "reading " : bar(progress.rows, progress.total, 30) + " ";
    line += with_thousands(progress.rows) + " rows, " +
            with_thousands(static_cast<std::int64_t>(speed)) + " a second";
    if (!progress.reading && speed > 0)
      line += ", " +
              rough(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
                  static_cast<double>(progress.total - progress.rows) / speed))) +
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
                        {"detail", printable(row.detail)}});
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

/// A file or a pipe.
void open_list(const std::string& name, std::ifstream& file) {
  errno = 0;
  file.open(name, std::ios::binary);
  if (!file) refuse_list(name, std::string("cannot be read: ") + std::strerror(errno));
  const auto type = std::filesystem::status(name).type();
  if (type == std::filesystem::file_type::directory)
    refuse_list(name, "is a folder; name a file of CSV");
  if (type != std::filesystem::file_type::regular && type != std::filesystem::file_type::fifo)
    refuse_list(name, "is neither a file nor a pipe; - is standard input");
}

int import(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto& list = newsletter.list(args.list);
  if (args.format != "auto" && args.format != "csv")
    throw Refusal("--format " + printable(args.format) +
                  ": is not built yet; write auto or csv, and export your list as CSV");
  const auto name = args.file == "-" ? std::string("standard input") : args.file;
  std::ifstream file;
  if (args.file != "-") open_list(args.file, file);
  auto& in = args.file == "-" ? std::cin : file;
  std::int64_t nameless = 0;
  const auto reading = [&](const RowVisitor& row, const SkipVisitor& skip) {
    const auto counting = [&](Entry entry, std::int64_t number, std::int64_t line) {
      nameless += entry.nameless;
      row(std::move(entry), number, line);
    };
    return read_csv(in, counting, skip);
  };
  const Interruptible interruptible;
  std::stop_source stop;
  ProgressLine line;
  const ImportOrder order{.list = list.key,
                          .source = std::filesystem::path(name).filename().string(),
                          .dry_run = args.dry_run,
                          .pending = args.pending,
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
    document["nameless_values"] = nameless;
    document["complete"] = !stop.stop_requested();
    print_json(document);
  } else {
    std::cout << (args.dry_run ? "Would import" : "Import " + std::to_string(imported->import))
              << " into " << list.key << ":\n";
    print(*imported);
    print_changes(*imported);
  }
  for (const auto& row : imported->examples)
    if (!args.json)
      std::cerr << printable(name) << ":" << row.line << ": row " << row.row
                << " skipped: " << row.reason << ": " << printable(row.detail) << "\n";
  if (nameless > 0 && !args.json)
    std::cerr << printable(name) << ": " << counted(nameless, "value")
              << " in columns without a name left out; name them in its first line\n";
  if (stop.stop_requested())
    throw Refusal(
        "stopped in the middle: what was written stays; import the file again to go on, "
        "or take it back with `postrider subscriber undo " +
        std::to_string(imported->import) + "`");
  return done;
}

std::string state_of(const ImportRecord& record) {
  if (record.undone_at) return "undone";
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
  file->add_option("--list", args->list, "The list to join; the only one by default")
      ->type_name("LIST");
  file->add_option("--format", args->format, "auto or csv")->type_name("FORMAT");
  file->add_flag("--dry-run", args->dry_run, "Only tells what would change");
  file->add_flag("--pending", args->pending, "Readers are pending until they confirm");
  add_command("imports", "What was imported, the newest first", imports);
  add_command("undo", "Takes an import back, but for what has changed since", undo)
      ->add_option("IMPORT", args->import, "Its number, as `subscriber imports` shows it")
      ->required();
}

}  // namespace postrider::daemon::commands
