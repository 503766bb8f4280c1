// postrider backup and restore: a newsletter in one file, and back.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/interruptible.h"
#include "daemon/commands/output.h"
#include "daemon/commands/progress_line.h"
#include "daemon/keeping/restore.h"

namespace postrider::daemon::commands {

namespace {

struct BackupArguments {
  std::string file, folder;
  bool force = false, json = false;
};

/// Shows how far it is, until somebody interrupts it.
keeping::Progress shown(ProgressLine& line, Interruptible& interruptible) {
  return [&](std::string_view doing, std::int64_t part, std::int64_t whole) {
    const auto percent = whole > 0 ? part * 100 / whole : 0;
    line.tell({doing, "%", percent, part, whole});
    return !interruptible.interrupted();
  };
}

std::string size_in_words(std::uint64_t octets) {
  constexpr std::uint64_t kib = 1024;
  return octets < kib * kib
             ? with_thousands(static_cast<std::int64_t>(octets / kib)) + " KiB"
             : with_thousands(static_cast<std::int64_t>(octets / kib / kib)) + " MiB";
}

std::string counts_in_words(const store::Counts& counts) {
  return counted(counts.subscribers, "subscriber") + ", " + counted(counts.issues, "issue") + ", " +
         (counts.deliveries == 1 ? "1 delivery"
                                 : with_thousands(counts.deliveries) + " deliveries");
}

Json json_counts(const store::Counts& counts) {
  return {{"subscribers", counts.subscribers},
          {"issues", counts.issues},
          {"deliveries", counts.deliveries}};
}

int back_up(const Common& common, const BackupArguments& args) {
  const auto settings = load(common);
  const SystemClock clock;
  Interruptible interruptible;
  ProgressLine line;
  const auto backup = value_of(keeping::back_up(settings, args.file, args.force, POSTRIDER_VERSION,
                                                clock.now(), shown(line, interruptible)));
  line.clear();
  if (args.json) {
    print_json({{"file", args.file},
                {"size", backup.size},
                {"files", backup.manifest.files.size()},
                {"counts", json_counts(backup.manifest.counts)},
                {"missing", backup.missing}});
    return done;
  }
  std::cout << "Backed up to " << printable(args.file) << ", " << size_in_words(backup.size) << ": "
            << counts_in_words(backup.manifest.counts) << "; read back and found whole.\n";
  for (const auto& what : backup.missing) std::cout << "Not in it: " << what << ".\n";
  std::cout << "It holds your readers' addresses and your secret keys, and is not encrypted: keep "
               "it where only you can read it.\n";
  return done;
}

int restore_backup(const BackupArguments& args) {
  Interruptible interruptible;
  ProgressLine line;
  const auto restored =
      value_of(keeping::restore(args.file, args.folder, shown(line, interruptible)));
  line.clear();
  const auto& manifest = restored.manifest;
  if (args.json) {
    print_json({{"folder", args.folder},
                {"made_at", rfc3339(manifest.made_at)},
                {"files", manifest.files.size()},
                {"counts", json_counts(manifest.counts)},
                {"warnings", restored.warnings}});
    return done;
  }
  const auto folder = printable(args.folder);
  std::cout << "Restored to " << folder << ", as it was " << rfc3339(manifest.made_at) << ": "
            << counts_in_words(manifest.counts) << ".\n";
  for (const auto& warning : restored.warnings)
    std::cout << coloured("But " + printable(warning), "33") << "\n";
  std::cout << "It sends nothing before you say so, for it does not know what went out since. "
               "Next:\n"
            << "  cd " << folder << "\n"
            << "  postrider check\n"
            << "  postrider issue list           what is still to go out, as it believes\n"
            << "  postrider issue cancel SLUG    each one that went out since\n"
            << "  postrider run                  pages work, nothing is sent\n"
            << "  postrider claim                from now on it sends\n";
  return done;
}

}  // namespace

void add_backup(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<BackupArguments>();
  auto* backup = app.add_subcommand(
      "backup", "Database, settings, secrets, drafts and theme in one file, while the daemon runs");
  backup->add_option("FILE", args->file, "The zip archive to make")->required();
  backup->add_flag("--force", args->force, "Replace a file that is there");
  backup->callback(
      [args, &common, &command] { command = [args, &common] { return back_up(common, *args); }; });
  auto* restore = app.add_subcommand(
      "restore", "Unpacks a backup into a folder; sends nothing before `postrider claim`");
  restore->add_option("FILE", args->file, "What `postrider backup` made")->required();
  restore->add_option("DIR", args->folder, "A folder that is not there yet, or is empty")
      ->required();
  restore->callback([args, &command] { command = [args] { return restore_backup(*args); }; });
  for (auto* each : {backup, restore})
    each->add_flag("--json", args->json, "One JSON document instead of text");
}

}  // namespace postrider::daemon::commands
