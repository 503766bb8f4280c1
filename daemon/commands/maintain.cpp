// postrider maintain: looks whether the database is whole, and tidies it up.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/octets.h"
#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/interruptible.h"
#include "daemon/commands/output.h"
#include "daemon/commands/progress_line.h"
#include "store/maintenance.h"

namespace postrider::daemon::commands {

namespace {

struct MaintainArguments {
  bool dry_run = false, json = false;
};

Json to_json(const store::Maintenance& outcome, bool dry_run) {
  auto faults = Json::array();
  for (const auto& [table, what, more] : outcome.faults)
    faults.push_back({{"table", table}, {"fault", what}, {"more", more}});
  return {{"dry_run", dry_run},
          {"tables", outcome.tables},
          {"faults", faults},
          {"unchecked", outcome.unchecked},
          {"issues_folded", outcome.issues},
          {"attempts_gone", outcome.folded.attempts},
          {"events_gone", outcome.folded.events},
          {"freed", outcome.freed},
          {"log_emptied", outcome.log_emptied}};
}

void print_foreseen(const store::Maintenance& outcome) {
  std::cout << counted(outcome.issues, "issue") << " would be folded, some "
            << megabytes(static_cast<std::uintmax_t>(outcome.freed))
            << " given back to the disk; nothing was changed.\n";
}

void print_done(const store::Maintenance& outcome) {
  std::cout << counted(outcome.issues, "old issue")
            << " folded: " << counted(outcome.folded.attempts, "attempt") << " and "
            << counted(outcome.folded.events, "event")
            << " gone; sums, states and each reader's last attempt stay.\n"
            << megabytes(static_cast<std::uintmax_t>(outcome.freed)) << " given back to the disk";
  std::cout << (outcome.log_emptied ? "; the log is empty.\n"
                                    : "; the log could not be emptied, since it is in use.\n");
}

void print(const store::Maintenance& outcome, bool dry_run) {
  const auto looked_at = outcome.tables - static_cast<std::int64_t>(outcome.unchecked.size());
  std::cout << counted(looked_at, "table") << " looked through: all whole.\n";
  if (!outcome.unchecked.empty())
    std::cout << coloured("Too much was written meanwhile to look through " +
                              join(outcome.unchecked, ", "),
                          "33")
              << "; try again when no issue is being sent.\n";
  dry_run ? print_foreseen(outcome) : print_done(outcome);
}

/// A line for each damaged table.
[[noreturn]] void refuse_damaged(const config::Settings& settings,
                                 const store::Maintenance& outcome) {
  const auto where =
      "the database " + printable(settings.storage.database.string()) + " is damaged: ";
  std::string lines;
  for (const auto& fault : outcome.faults) lines += where + store::in_words(fault) + "\n";
  throw Refusal(lines + "nothing was changed; " + std::string(store::mend_damage));
}

store::Maintenance carry_out(Newsletter& newsletter, bool dry_run) {
  Interruptible interruptible;
  ProgressLine line;
  const store::MaintenanceOrder order{newsletter.settings.storage.fold_after, dry_run};
  return store::maintain(*newsletter.database, order, newsletter.clock,
                         [&](std::string_view doing, std::int64_t part, std::int64_t whole) {
                           line.tell({doing, "%", whole > 0 ? part * 100 / whole : 0, part, whole});
                           return !interruptible.interrupted();
                         });
}

/// What is damaged may be where it is noted.
void note(Newsletter& newsletter, const store::Maintenance& outcome) {
  try {
    store::note_maintenance(*newsletter.database, outcome, "operator", newsletter.clock.now());
  } catch (const store::Damaged&) {
    if (outcome.faults.empty()) throw;
  }
}

int maintain(const Common& common, const MaintainArguments& args) {
  Newsletter newsletter(common);
  const auto outcome = carry_out(newsletter, args.dry_run);
  if (outcome.interrupted)
    throw Refusal("interrupted; what was done stays done, and the next one goes on");
  if (!args.dry_run) note(newsletter, outcome);
  if (args.json) print_json(to_json(outcome, args.dry_run));
  if (!outcome.faults.empty()) refuse_damaged(newsletter.settings, outcome);
  if (!args.json) print(outcome, args.dry_run);
  return done;
}

int maintain_or_tell(const Common& common, const MaintainArguments& args) {
  try {
    return maintain(common, args);
  } catch (const store::Damaged& error) {
    throw Refusal(std::string(error.what()) + "; " + std::string(store::mend_damage));
  }
}

}  // namespace

void add_maintain(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<MaintainArguments>();
  auto* added = app.add_subcommand(
      "maintain",
      "Looks whether the database is whole, folds old issues, gives unused room back; beside the "
      "daemon, which does it once a week by itself");
  added->add_flag("--dry-run", args->dry_run, "Only look, and tell what would be done");
  added->add_flag("--json", args->json, "One JSON document instead of text");
  added->callback([args, &common, &command] {
    command = [args, &common] { return maintain_or_tell(common, *args); };
  });
}

}  // namespace postrider::daemon::commands
