// postrider claim: lets a copied or restored database send.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/guards/identity.h"
#include "store/notices.h"

namespace postrider::daemon::commands {

namespace {

using queue::IssueState;

/// What goes out once the database is claimed; empty: nothing of that issue.
std::string what_waits(const Newsletter& newsletter, const queue::Issue& issue, Instant now) {
  if (issue.state == IssueState::sending)
    return "being sent: goes on, " + counted(issue.sums.pending + issue.sums.deferred, "reader") +
           " left of " + with_thousands(issue.sums.audience());
  if (issue.state != IssueState::scheduled || issue.missing || !issue.scheduled_at) return {};
  const auto time = newsletter.time(issue.scheduled_at);
  if (now - *issue.scheduled_at > newsletter.settings.publication.max_lateness)
    return "was to start " + time + ": too late, will be held";
  return (*issue.scheduled_at <= now ? "was to start " + time + ": starts at once"
                                     : "starts " + time);
}

void show_what_waits(Newsletter& newsletter) {
  const auto now = newsletter.clock.now();
  Table table({{"SLUG"}, {"WHAT COMES OF IT", Align::left, Table::uncut}});
  bool any = false;
  for (const auto& issue : newsletter.ledger.issues()) {
    const auto waits = what_waits(newsletter, issue, now);
    if (!waits.empty()) table.add({issue.slug, waits});
    any |= !waits.empty();
  }
  if (any) std::cout << "\n";
  table.print();
  if (any) std::cout << "\n";
  if (const auto notices = store::Notices(*newsletter.database).sums(now).waiting; notices > 0)
    std::cout << counted(notices, "notice") << " waiting, too.\n";
}

int claim(const Common& common, bool dry_run) {
  Newsletter newsletter(common);
  const auto facts = guards::look_at_identity(*newsletter.database);
  const auto why = guards::unclaimed(facts);
  const auto& known = facts.known.value();
  if (!why) {
    std::cout << "This database may send: it was claimed here, "
              << newsletter.time(known.claimed_at) << ". Nothing to do.\n";
    return done;
  }
  std::cout << "This database " << *why << ".\nIt was claimed for " << printable(known.place.path)
            << ", " << newsletter.time(known.claimed_at)
            << "; sent by it last: " << newsletter.time(known.moved_at) << ".\n";
  if (facts.outside.value_or(0) > known.generation)
    std::cout << coloured("Mails were sent since by a newer state of it", "31")
              << ", as the count outside it has it.\n";
  show_what_waits(newsletter);
  if (dry_run) {
    std::cout << "Nothing was changed. What has gone out already from another database: "
                 "`postrider issue cancel SLUG` before the claim.\n";
    return done;
  }
  value_of(guards::claim(*newsletter.database, *why, newsletter.clock.now()));
  std::cout << "Claimed for " << printable(facts.here.path) << ": "
            << (newsletter.daemon_runs() ? "the daemon sends from now on.\n"
                                         : "`postrider run` will send.\n");
  return done;
}

}  // namespace

void add_claim(CLI::App& app, Common& common, Command& command) {
  const auto dry_run = std::make_shared<bool>(false);
  auto* added = app.add_subcommand(
      "claim", "Lets a copied or restored database send, after showing what waits in it");
  added->add_flag("--dry-run", *dry_run, "Only show it");
  added->callback([dry_run, &common, &command] {
    command = [dry_run, &common] { return claim(common, *dry_run); };
  });
}

}  // namespace postrider::daemon::commands
