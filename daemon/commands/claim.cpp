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

struct ClaimArguments {
  bool dry_run = false, json = false;
};

/// What goes out once the database is claimed; empty: nothing of that issue.
std::string what_waits(const Newsletter& newsletter, const queue::Issue& issue, Instant now) {
  if (issue.state == IssueState::sending)
    return "being sent: goes on, " + counted(issue.sums.pending + issue.sums.deferred, "reader") +
           " left of " + with_thousands(issue.sums.audience());
  if (issue.state != IssueState::scheduled || issue.missing || !issue.scheduled_at) return {};
  const auto time = newsletter.time(issue.scheduled_at);
  if (now - *issue.scheduled_at > newsletter.settings.publication.max_lateness)
    return "was to start " + time + ": too late, will be held";
  if (!newsletter.may_go(issue)) return "is to start " + time + ": not approved, will be held";
  return (*issue.scheduled_at <= now ? "was to start " + time + ": starts at once"
                                     : "starts " + time);
}

struct Waiting {
  std::vector<std::pair<std::string, std::string>> issues;  // slug, what comes of it
  std::int64_t notices = 0;
};

Waiting all_that_waits(Newsletter& newsletter, Instant now) {
  Waiting waiting;
  for (const auto& issue : newsletter.ledger.issues())
    if (auto comes = what_waits(newsletter, issue, now); !comes.empty())
      waiting.issues.emplace_back(issue.slug, std::move(comes));
  waiting.notices = store::Notices(*newsletter.database).sums(now).waiting;
  return waiting;
}

void print(const Waiting& waiting) {
  Table table({{"SLUG"}, {"WHAT COMES OF IT", Align::left, Table::uncut}});
  for (const auto& [slug, comes] : waiting.issues) table.add({slug, comes});
  const std::string_view apart = waiting.issues.empty() ? "" : "\n";
  std::cout << apart;
  table.print();
  std::cout << apart;
  if (waiting.notices > 0) std::cout << counted(waiting.notices, "notice") << " waiting, too.\n";
}

Json to_json(const Waiting& waiting, const guards::IdentityFacts& facts,
             const std::optional<std::string>& why, bool dry_run) {
  auto issues = Json::array();
  for (const auto& [slug, comes] : waiting.issues)
    issues.push_back({{"slug", slug}, {"comes", comes}});
  return {{"claimed", !why || !dry_run},
          {"reason", why ? Json(*why) : Json()},
          {"path", facts.here.path},
          {"waiting", issues},
          {"notices", waiting.notices}};
}

void tell_why(const Newsletter& newsletter, const guards::IdentityFacts& facts,
              const std::string& why) {
  const auto& known = facts.known.value();
  std::cout << "This database " << why << ".\nIt was claimed for " << printable(known.place.path)
            << ", " << newsletter.time(known.claimed_at)
            << "; sent by it last: " << newsletter.time(known.moved_at) << ".\n";
  if (facts.outside.value_or(0) > known.generation)
    std::cout << coloured("Mails were sent since by a newer state of it", "31")
              << ", as the count outside it has it.\n";
}

int claim(const Common& common, const ClaimArguments& args) {
  Newsletter newsletter(common);
  const auto now = newsletter.clock.now();
  const auto facts = guards::look_at_identity(*newsletter.database);
  const auto why = guards::unclaimed(facts);
  const auto waiting = all_that_waits(newsletter, now);
  if (!args.json && why) {
    tell_why(newsletter, facts, *why);
    print(waiting);
  }
  if (why && !args.dry_run) value_of(guards::claim(*newsletter.database, *why, now));
  if (args.json)
    print_json(to_json(waiting, facts, why, args.dry_run));
  else if (!why)
    std::cout << "This database may send: it was claimed here, "
              << newsletter.time(facts.known.value().claimed_at) << ". Nothing to do.\n";
  else if (args.dry_run)
    std::cout << "Nothing was changed. What has gone out already from another database: "
                 "`postrider issue cancel SLUG` before the claim.\n";
  else
    std::cout << "Claimed for " << printable(facts.here.path) << ": "
              << (newsletter.daemon_runs() ? "the daemon sends from now on.\n"
                                           : "`postrider run` will send.\n");
  return done;
}

}  // namespace

void add_claim(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<ClaimArguments>();
  auto* added = app.add_subcommand(
      "claim", "Lets a copied or restored database send, after showing what waits in it");
  added->add_flag("--dry-run", args->dry_run, "Only show it");
  added->add_flag("--json", args->json, "One JSON document instead of text");
  added->callback(
      [args, &common, &command] { command = [args, &common] { return claim(common, *args); }; });
}

}  // namespace postrider::daemon::commands
