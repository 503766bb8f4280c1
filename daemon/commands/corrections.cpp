// postrider issue amend | erratum: an issue that is found to be wrong on its way, or after it.
#include "store/corrections.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unistd.h>
#include <variant>
#include <vector>

#include "base/local_hour.h"
#include "base/text.h"
#include "base/time_zone.h"
#include "base/token.h"
#include "daemon/approval.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/difference.h"
#include "daemon/guards/build_date.h"
#include "daemon/guards/clock.h"
#include "daemon/proof.h"
#include "store/approvals.h"
#include "store/identity.h"
#include "templates/likeness.h"
#include "templates/theme.h"

namespace postrider::daemon::commands {

namespace fs = std::filesystem;

namespace {

struct CorrectionArguments {
  std::string slug, file;
  std::vector<int> versions;
  bool dry_run = false, yes = false, approve = false, json = false;
};

/// A script is taken at its word, as by `issue send`.
void ask_before(const std::string& question, const CorrectionArguments& args) {
  if (args.yes || ::isatty(STDIN_FILENO) != 1) return;
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (to_lower(trim(answer)) != "y" && to_lower(trim(answer)) != "yes")
    throw Refusal("nothing was changed");
}

/// Where issues are approved, so is what mends them, and by the same hand.
void require_approval(const Newsletter& newsletter, const CorrectionArguments& args) {
  if (newsletter.needs_approval() && !args.dry_run && !args.approve)
    throw Refusal(
        "approval = \"required\", and this text goes out at once: look at it with --dry-run, then "
        "add --approve, which is your approval of it");
}

void note_approval(Newsletter& newsletter, IssueId id, const Proof& proof) {
  if (!newsletter.needs_approval()) return;
  const auto issue = newsletter.ledger.find_issue(id);
  store::Approvals(*newsletter.database)
      .approve_correction(*issue, covered_by(proof, newsletter.settings), user_name(),
                          newsletter.clock.now());
}

/// Leftovers are shown as any warning is: nobody is there to hold anything.
config::Settings settings_of_correction(const Newsletter& newsletter) {
  auto settings = newsletter.settings;
  settings.guards.leftovers = false;
  return settings;
}

// issue amend -----------------------------------------------------------------------------------

/// The issue's draft as it is now, fit to be its new content.
Proof amended_draft(Newsletter& newsletter, const queue::Issue& issue) {
  const auto settings = settings_of_correction(newsletter);
  const auto path = settings.storage.drafts / issue.path;
  std::error_code error;
  if (!fs::exists(path, error))
    throw Refusal("issue '" + issue.slug + "' has lost its draft " + issue.path +
                  "; put it back, as it is to be from now on");
  auto proof = prove(path, settings, known_names(settings, newsletter.database.get()));
  print_faults(proof.faults);
  if (!proof.good()) throw Refusal("not amended: the draft has errors; they are above");
  const auto& draft = *proof.draft;
  if (draft.slug != issue.slug)
    throw Refusal(draft.file + " has the slug '" + draft.slug +
                  "' now, and is another issue's; write slug: " + issue.slug + " again");
  if (!draft.ready)
    throw Refusal(draft.file + " is not ready; write status: ready when it is to go out so");
  return proof;
}

/// What the draft says now and an amendment leaves as it was.
std::vector<std::string> not_amended(const Newsletter& newsletter, const queue::Issue& issue,
                                     const Proof& proof) {
  std::vector<std::string> notes;
  const std::string stays = "; that is not amended: its audience was frozen when it started";
  if (proof.lists != issue.lists)
    notes.push_back("lists were " + join(issue.lists, ", ") + " and are " +
                    join(proof.lists, ", ") + " now" + stays);
  if (const auto segment = proof.segment ? proof.segment->meaning : ""; segment != issue.segment)
    notes.push_back("segment was " + (issue.segment.empty() ? "none" : issue.segment) + " and is " +
                    (segment.empty() ? "none" : segment) + " now" + stays);
  if (proof.draft->local_time != issue.local_time)
    notes.push_back(
        "local_time was " + (issue.local_time ? time_of_day_text(*issue.local_time) : "none") +
        " and is " +
        (proof.draft->local_time ? time_of_day_text(*proof.draft->local_time) : "none") + " now" +
        stays);
  const auto* local =
      proof.draft->send_at ? std::get_if<LocalTime>(&*proof.draft->send_at) : nullptr;
  const auto* instant =
      proof.draft->send_at ? std::get_if<Instant>(&*proof.draft->send_at) : nullptr;
  std::optional<Instant> time;
  if (instant) time = *instant;
  if (local)
    if (const auto moment = to_instant(*local, newsletter.settings.publication.timezone))
      time = *moment;
  if (time && !issue.chosen_at && issue.scheduled_at && *time != *issue.scheduled_at)
    notes.push_back("send_at was " + newsletter.time(issue.scheduled_at) + " and is " +
                    newsletter.time(time) + " now; that is not amended: it has started");
  return notes;
}

void print_difference(const std::vector<std::string>& lines) {
  for (const auto& line : lines) {
    const auto* colour = line.starts_with('+')   ? "32"
                         : line.starts_with('-') ? "31"
                         : line.starts_with('@') ? "2"
                                                 : "";
    std::cout << (*colour ? coloured(printable(line), colour) : printable(line)) << "\n";
  }
}

/// Whom a new version reaches, in words.
std::string reach(const queue::Issue& issue) {
  const auto& sums = issue.sums;
  auto told = counted(sums.pending + sums.deferred, "reader") + " of " +
              with_thousands(sums.audience()) + " not served yet";
  if (sums.failed + sums.in_doubt > 0)
    told += "; " + with_thousands(sums.failed + sums.in_doubt) +
            " failed or in doubt, who get it if they are tried again";
  return told;
}

int amend(const Common& common, const CorrectionArguments& args) {
  Newsletter newsletter(common);
  const auto issue = newsletter.issue(args.slug);
  store::Corrections corrections(*newsletter.database);
  value_of(corrections.can_be_amended(issue));
  require_approval(newsletter, args);
  const auto proof = amended_draft(newsletter, issue);
  const auto frozen = newsletter.ledger.frozen(issue.id);
  if (!frozen) throw Refusal("the content of issue '" + issue.slug + "' is not there");
  const auto lines = difference(frozen->content, *proof.issue);
  if (lines.empty())
    throw Refusal("issue '" + issue.slug + "' goes out just as " + proof.draft->file +
                  " says; edit that first");
  const auto notes = not_amended(newsletter, issue, proof);
  auto version = issue.version + 1;
  if (!args.json) {
    std::cout << "--- version " << issue.version << "\n+++ " << printable(proof.draft->file)
              << "\n";
    print_difference(lines);
    std::cout << "\n";
    for (const auto& note : notes) std::cout << printable(note) << "\n";
    std::cout << "Version " << version << " is for " << reach(issue) << ".\n" << std::flush;
  }
  if (!args.dry_run) {
    ask_before("Amend issue '" + issue.slug + "'?", args);
    const store::Amendment amendment{
        issue.version,
        {*proof.issue, frozen->masthead, templates::likeness_of(*proof.draft)},
        proof.draft->hash};
    Result<int> amended = 0;
    newsletter.database->transact([&] {
      amended = corrections.amend(issue.slug, amendment, "operator", newsletter.clock.now());
      if (amended) note_approval(newsletter, issue.id, proof);
    });
    version = value_of(amended);
  }
  if (args.json) {
    print_json({{"slug", issue.slug},
                {"version", version},
                {"dry_run", args.dry_run},
                {"waiting", issue.sums.pending + issue.sums.deferred},
                {"difference", lines},
                {"not_amended", notes}});
  } else if (args.dry_run) {
    std::cout << "Nothing was changed.\n";
  } else {
    std::cout << "Issue '" << issue.slug << "' is amended: no mail of version " << issue.version
              << " begins any more. `postrider issue erratum " << issue.slug
              << " FILE` writes to those who got it.\n";
    newsletter.tell_whether_it_goes();
  }
  return done;
}

// issue erratum ---------------------------------------------------------------------------------

/// "Correction: Weekly", in the publication's language.
std::string default_subject(const config::Settings& settings, const std::string& title) {
  const auto words = templates::load_words(settings.publication.language, settings.storage.theme);
  if (!words) throw Refusal(summary(words.error()));
  constexpr std::string_view tag = "{{title}}";
  auto subject = words->contains("correction") ? words->at("correction") : "{{title}}";
  if (const auto at = subject.find(tag); at != std::string::npos)
    subject.replace(at, tag.size(), title);
  return subject;
}

/// The subject that the latest of the faulty versions had.
std::string title_of_versions(store::Ledger& ledger, const queue::Issue& issue,
                              const std::vector<int>& versions) {
  const auto frozen = ledger.frozen(issue.id, *std::max_element(versions.begin(), versions.end()));
  return frozen ? frozen->content.subject : issue.title;
}

Proof erratum_of(Newsletter& newsletter, const queue::Issue& issue, const CorrectionArguments& args,
                 const std::vector<int>& versions) {
  const auto settings = settings_of_correction(newsletter);
  std::error_code error;
  if (!fs::exists(args.file, error)) throw Refusal("there is no file " + printable(args.file));
  if (root_of(args.file, settings) == settings.storage.drafts)
    throw Refusal(printable(args.file) +
                  " lies in the drafts folder, where it is an issue's draft; move it elsewhere");
  const auto subject =
      default_subject(settings, title_of_versions(newsletter.ledger, issue, versions));
  auto proof = prove_erratum(args.file, settings, known_names(settings, newsletter.database.get()),
                             subject, store::Corrections(*newsletter.database).free_slug(issue));
  print_faults(proof.faults);
  if (!proof.good()) throw Refusal("not sent: the file has errors; they are above");
  return proof;
}

std::string left_out(const store::Affected& affected) {
  std::vector<std::string> parts;
  for (const auto& [reason, readers] : affected.excluded)
    parts.push_back(reason + " " + with_thousands(readers));
  return parts.empty() ? "" : "; left out: " + join(parts, ", ");
}

void refuse_wrong_clock(Newsletter& newsletter) {
  guards::ClockGuard guard(guards::build_date(), store::last_entry(*newsletter.database));
  if (const auto wrong = guard.look(newsletter.clock.now())) throw Refusal("not sent: " + *wrong);
}

std::string named_versions(const std::vector<int>& versions) {
  std::vector<std::string> numbers;
  for (const auto version : versions) numbers.push_back(std::to_string(version));
  return (versions.size() > 1 ? "versions " : "version ") + join(numbers, ", ");
}

std::vector<int> versions_of(const queue::Issue& issue, const CorrectionArguments& args) {
  if (args.versions.empty()) return store::Corrections::faulty_versions(issue);
  const std::set<int> each(args.versions.begin(), args.versions.end());
  return {each.begin(), each.end()};
}

void start_erratum(Newsletter& newsletter, const queue::Issue& issue, const Proof& proof,
                   const std::vector<int>& versions, const std::string& file) {
  store::Corrections corrections(*newsletter.database);
  const auto now = newsletter.clock.now();
  store::FrozenIssue content{*proof.issue, masthead_of(newsletter.settings), {}};
  require_token_keys(newsletter.settings);
  content.masthead.token_key =
      value_of(TokenKeys::load_or_create(newsletter.settings.storage.secrets)).newest();
  const store::ErratumOrder order{issue.slug,
                                  versions,
                                  proof.draft->slug,
                                  fs::absolute(file).lexically_normal().string(),
                                  proof.draft->hash,
                                  std::move(content),
                                  newsletter.settings.publication.undo_window};
  Result<IssueId> begun = IssueId{};
  newsletter.database->transact([&] {
    begun = corrections.begin_erratum(order, "operator", now);
    if (begun) note_approval(newsletter, *begun, proof);
  });
  const auto id = value_of(begun);
  // Should this be cut off, the daemon does the rest.
  while (corrections.gather_erratum(id, newsletter.clock.now()))
    newsletter.database->let_others_write();
}

int erratum(const Common& common, const CorrectionArguments& args) {
  Newsletter newsletter(common);
  const auto issue = newsletter.issue(args.slug);
  store::Corrections corrections(*newsletter.database);
  const auto versions = versions_of(issue, args);
  value_of(corrections.can_be_corrected(issue, versions, ""));
  const auto proof = erratum_of(newsletter, issue, args, versions);
  value_of(corrections.can_be_corrected(issue, versions, proof.draft->hash));
  const auto affected = corrections.affected(issue, versions, newsletter.clock.now());
  if (affected.audience == 0)
    throw Refusal("nobody got " + named_versions(versions) + " of issue '" + issue.slug +
                  "' who can be mailed" + left_out(affected));
  refuse_wrong_clock(newsletter);
  require_approval(newsletter, args);
  if (newsletter.ledger.find_issue(proof.draft->slug))
    throw Refusal("'" + proof.draft->slug +
                  "' is the slug of another issue; a slug is sent once: name another one in " +
                  printable(args.file));
  const auto told = "'" + proof.issue->subject + "' to " + counted(affected.audience, "reader") +
                    " who got " + named_versions(versions) + " of '" + issue.slug + "'" +
                    left_out(affected);
  if (!args.dry_run) {
    ask_before("Send " + printable(told) + "?", args);
    start_erratum(newsletter, issue, proof, versions, args.file);
  }
  if (args.json) {
    auto excluded = Json::object();
    for (const auto& [reason, readers] : affected.excluded) excluded[reason] = readers;
    print_json({{"slug", proof.draft->slug},
                {"corrects", issue.slug},
                {"versions", versions},
                {"title", proof.issue->subject},
                {"dry_run", args.dry_run},
                {"audience", affected.audience},
                {"excluded", excluded}});
  } else if (args.dry_run) {
    std::cout << "Would send " << printable(told) << ", as issue '" << proof.draft->slug
              << "'. Nothing was sent.\n";
  } else {
    std::cout << "Issue '" << proof.draft->slug << "' goes out: " << printable(told) << ".\n";
    newsletter.tell_whether_it_goes();
  }
  return done;
}

}  // namespace

void add_corrections(CLI::App& issue, Common& common, Command& command) {
  const auto args = std::make_shared<CorrectionArguments>();
  const auto add = [&](const char* name, const char* text, auto work) {
    auto* added = issue.add_subcommand(name, text);
    added->add_option("SLUG", args->slug, "The issue's slug, as `issue list` shows it")->required();
    added->add_flag("--dry-run", args->dry_run, "Shows it, and changes nothing");
    added->add_flag("--yes", args->yes, "Does not ask on a terminal");
    added->add_flag("--approve", args->approve,
                    "Approves the text, where the settings require approvals");
    added->add_flag("--json", args->json, "One JSON document instead of text");
    added->callback([args, &common, &command, work] {
      command = [args, &common, work] { return work(common, *args); };
    });
    return added;
  };
  add("amend", "Gives the draft as it is now to all who have not been served yet", &amend);
  auto* added = add("erratum",
                    "A short mail to those who got a faulty version, as an answer to it; an issue "
                    "of its own",
                    &erratum);
  added->add_option("FILE", args->file, "Its text: .md, .html or .txt, not in the drafts folder")
      ->required();
  added
      ->add_option(
          "--versions", args->versions,
          "The faulty ones; those before the newest, or the only one, where this is left out")
      ->delimiter(',');
}

}  // namespace postrider::daemon::commands
