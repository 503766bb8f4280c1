#include "daemon/commands/command.h"

#include <cstdlib>
#include <iostream>

#include "base/text.h"
#include "base/time_text.h"
#include "daemon/board.h"
#include "daemon/check_keys.h"
#include "daemon/commands/output.h"
#include "daemon/guards/identity.h"
#include "store/approvals.h"

namespace postrider::daemon::commands {

config::Settings load(const Common& common) {
  const auto file = value_of(config::find_settings(common.config));
  auto settings = config::load_settings(file);
  if (settings) return std::move(*settings);
  std::string lines;
  for (const auto& fault : settings.error())
    lines += (lines.empty() ? "" : "\n") + to_string(fault);
  throw Refusal(lines);
}

namespace {

void note_unclaimed(queue::Issue& issue, const std::string& why) {
  const bool waits =
      issue.state == queue::IssueState::scheduled || issue.state == queue::IssueState::sending;
  if (waits && issue.note.empty()) issue.note = "waits for `postrider claim`: this database " + why;
}

std::unique_ptr<store::Database> open_database(const config::Settings& settings) {
  value_of(check_one_name(settings.storage.database));
  return value_of(store::Database::open(settings.storage.database, store::OpenMode::read_write));
}

}  // namespace

Newsletter::Newsletter(const Common& common)
    : settings(load(common)),
      database(open_database(settings)),
      ledger(*database),
      subscribers(*database, [this]() -> const Fingerprints& { return erased_keys(); }) {
  std::vector<std::string> keys;
  for (const auto& list : settings.lists) keys.push_back(list.key);
  ledger.know_lists(keys);
  value_of(guards::claim_if_new(*database, clock.now()));
}

std::unique_ptr<store::Database> existing_database(const config::Settings& settings) {
  if (!std::filesystem::exists(settings.storage.database)) return nullptr;
  value_of(check_one_name(settings.storage.database));
  return value_of(store::Database::open(settings.storage.database, store::OpenMode::read_only));
}

const config::List& Newsletter::list(const std::string& named, std::string_view how) const {
  if (named.empty() && settings.lists.size() == 1) return settings.lists.front();
  std::vector<std::string> keys;
  for (const auto& list : settings.lists) {
    if (list.key == named) return list;
    keys.push_back(list.key);
  }
  const auto all = join(keys, ", ");
  if (named.empty())
    throw Refusal("there are several lists; name one " + std::string(how) + ": " + all);
  throw Refusal("there is no list '" + named + "' in " + settings.file.string() +
                "; its lists are: " + all);
}

queue::Issue Newsletter::issue(const std::string& slug) {
  if (auto found = ledger.find_issue(slug)) {
    if (const auto why = unclaimed()) note_unclaimed(*found, *why);
    return std::move(*found);
  }
  std::vector<std::string> slugs;
  for (const auto& issue : ledger.issues()) slugs.push_back(issue.slug);
  const auto near = nearest(slug, slugs);
  const auto hint =
      !near.empty() ? "; did you mean '" + near + "'?"
      : daemon_runs()
          ? std::string("; `postrider issue list` shows those there are")
          : std::string("; `postrider run` reads the drafts folder, and is not running");
  throw Refusal("there is no issue '" + slug + "'" + hint);
}

void require_token_keys(const config::Settings& settings) {
  if (has_token_keys(settings)) return;
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  throw Refusal(
      (settings.storage.secrets / "token.keys").string() + " is missing" +
      (credentials ? ", and is not in " + std::string(credentials) : "") +
      "; if the service has it as a credential, hand it to the command, too: systemd-run --pty "
      "--uid=postrider -p LoadCredential=token.keys:postrider.token.keys postrider …; if it is "
      "lost, restore it from a backup: links in mails already sent and erased addresses are known "
      "by it "
      "alone; if there was none yet, the first `postrider run` makes it");
}

std::string Newsletter::time(const std::optional<Instant>& instant) const {
  return instant ? time_text(*instant, settings.publication.timezone) : "-";
}

const Fingerprints& Newsletter::erased_keys() {
  if (!erased_keys_) {
    require_token_keys(settings);
    erased_keys_ = value_of(existing_erased_keys(settings));
  }
  return *erased_keys_;
}

std::optional<std::string> Newsletter::unclaimed() {
  return guards::unclaimed(guards::look_at_identity(*database));
}

void Newsletter::tell_unclaimed() {
  if (const auto why = unclaimed())
    std::cout << coloured("Nothing is sent: this database " + *why, "31")
              << "; if it is the one to send, `postrider claim` lets it.\n";
}

void Newsletter::tell_whether_it_goes() {
  tell_unclaimed();
  if (!daemon_runs()) std::cout << "The daemon is not running; `postrider run` does the sending.\n";
}

std::vector<queue::Issue> Newsletter::issues() {
  auto all = ledger.issues();
  if (const auto why = unclaimed())
    for (auto& issue : all) note_unclaimed(issue, *why);
  return all;
}

bool Newsletter::needs_approval() const {
  return settings.publication.approval == config::Approval::required;
}

bool Newsletter::may_go(const queue::Issue& issue) const {
  if (!needs_approval()) return true;
  const auto given = store::Approvals(*database).of(issue.id);
  return given && given->stands();
}

bool Newsletter::daemon_runs() const { return Board::read(settings.storage.database).has_value(); }

}  // namespace postrider::daemon::commands
