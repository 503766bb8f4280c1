// postrider approve: an operator's word that an issue may go out as it is now.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <pwd.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/approval.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/proof.h"
#include "daemon/segments.h"
#include "store/approvals.h"
#include "store/segment_readers.h"

namespace postrider::daemon::commands {

std::string user_name() {
  const auto user = ::getuid();
  if (const char* asked = std::getenv("SUDO_USER"); user == 0 && asked && *asked)
    return printable(asked);
  const auto* entry = ::getpwuid(user);
  return entry ? printable(entry->pw_name) : "user " + std::to_string(user);
}

namespace {

struct ApproveArguments {
  std::string slug;
  bool now = false, json = false;
};

/// The draft, as it would be sent now.
Proof proof_of(const queue::Issue& issue, Newsletter& newsletter) {
  const auto& settings = newsletter.settings;
  auto proof = prove(settings.storage.drafts / issue.path, settings,
                     known_names(settings, newsletter.database.get()));
  if (!proof.good())
    throw Refusal("issue '" + issue.slug +
                  "' is faulty, and nothing was approved: " + summary(proof.faults));
  if (proof.draft->hash != issue.source_hash)
    throw Refusal("the draft " + issue.path + " was edited, and the daemon has not read it yet" +
                  (newsletter.daemon_runs() ? "; try again in a moment"
                                            : ": it does not run; `postrider run` does that"));
  return proof;
}

std::int64_t count_readers(const Proof& proof, store::Database& database, Instant now) {
  store::SegmentReaders readers(database, proof.lists, now);
  return proof.segment ? readers.count(proof.segment->tree) : readers.count();
}

void print_approved(const queue::Issue& issue, const Proof& proof, const store::Approval& given,
                    Newsletter& newsletter, Instant now) {
  const auto readers = counted(count_readers(proof, *newsletter.database, now), "reader");
  std::vector<std::pair<std::string, std::string>> pairs{
      {"Approved", issue.slug},
      {"Title", proof.issue->subject},
      {"State", std::string(to_string(issue.state))},
      {"Goes out", issue.scheduled_at <= now
                       ? "now"
                       : planned_text(issue, newsletter.settings.publication.timezone)},
      {"Readers", readers + " by now, of " + join(issue.lists, ", ")},
      {"Version", given.shown().version()},
      {"By", given.by}};
  if (proof.segment) pairs.insert(pairs.begin() + 5, {"Segment", in_words(*proof.segment)});
  if (issue.state == queue::IssueState::paused)
    pairs[3].second = "once `postrider issue resume " + issue.slug + "` says so";
  print_pairs(pairs);
  newsletter.tell_whether_it_goes();
}

Json json_of(const queue::Issue& issue, const Proof& proof, const store::Approval& given,
             Newsletter& newsletter, Instant now) {
  return {{"slug", issue.slug},
          {"title", proof.issue->subject},
          {"state", to_string(issue.state)},
          {"scheduled_at", json_time(issue.scheduled_at)},
          {"lists", issue.lists},
          {"segment", issue.segment.empty() ? Json(nullptr) : Json(issue.segment)},
          {"readers", count_readers(proof, *newsletter.database, now)},
          {"version", given.shown().version()},
          {"approved_by", given.by},
          {"approved_at", json_time(given.at)}};
}

int approve(const Common& common, const ApproveArguments& args) {
  Newsletter newsletter(common);
  if (!newsletter.needs_approval())
    throw Refusal(
        "nothing waits for an approval: status: ready in a draft is enough; "
        "[publication] approval = \"required\" asks for more");
  const auto now = newsletter.clock.now();
  const auto before = newsletter.issue(args.slug);
  store::Approvals approvals(*newsletter.database);
  store::ApprovalOrder order{.slug = before.slug,
                             .source_hash = before.source_hash,
                             .by = user_name(),
                             .by_operator = true,
                             .at_once = args.now};
  value_of(store::Approvals::allows(before));
  const auto proof = proof_of(before, newsletter);
  order.shown = covered_by(proof, newsletter.settings, before);
  const auto issue = value_of(approvals.approve(order, now));
  const auto given = approvals.of(issue.id).value();
  if (args.json)
    print_json(json_of(issue, proof, given, newsletter, now));
  else
    print_approved(issue, proof, given, newsletter, now);
  return done;
}

}  // namespace

void add_approve(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<ApproveArguments>();
  auto* added = app.add_subcommand(
      "approve", "Lets an issue go out as it is now: its content, its readers and its time");
  added->add_option("SLUG", args->slug, "The issue's slug, as `issue list` shows it")->required();
  added->add_flag("--now", args->now, "Sends it now, whatever its time");
  added->add_flag("--json", args->json, "One JSON document instead of text");
  added->callback(
      [args, &common, &command] { command = [args, &common] { return approve(common, *args); }; });
}

}  // namespace postrider::daemon::commands
