#include "daemon/review_desk.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "base/text.h"
#include "daemon/approval.h"
#include "daemon/proof.h"
#include "store/ledger.h"
#include "store/previews.h"
#include "store/slots.h"

namespace postrider::daemon {

using config::Approval;
using queue::IssueState;

namespace {

/// All that its row says of what is covered, and of whether anybody is to see it.
std::string row_text(const queue::Issue& issue) {
  const auto time = issue.scheduled_at
                        ? std::to_string(issue.scheduled_at->time_since_epoch().count())
                        : std::string("-");
  return issue.source_hash + " " + time + " " + join(issue.lists, ",") + " " + issue.path;
}

std::vector<IssueId> ids_of(const std::vector<queue::Issue>& issues) {
  std::vector<IssueId> ids;
  for (const auto& issue : issues) ids.push_back(issue.id);
  return ids;
}

std::vector<mail::Address> addresses_of(const std::vector<config::Reviewer>& reviewers) {
  std::vector<mail::Address> addresses;
  for (const auto& reviewer : reviewers)
    if (auto address = mail::parse_address(reviewer.email))
      addresses.push_back(std::move(*address));
  return addresses;
}

constexpr int most_looks = 4;  // in one turn of the main thread

/// It gets a slot in a moment, and is shown with that.
bool waits_for_slot(store::Database& database, const queue::Issue& issue) {
  return !issue.scheduled_at && store::Slots(database).goes_by_slot(issue.id);
}

/// What was there already when the database was new, and what came too late, is shown once somebody
/// does something about it.
bool is_quiet(const queue::Issue& issue) {
  return issue.state == IssueState::held && issue.held_by.empty();
}

std::string note_of(store::Database& database, const queue::Issue& issue,
                    const store::Covered& covered, const config::Publication& publication) {
  return approval_note(issue.slug, store::Approvals(database).of(issue.id), covered, publication);
}

}  // namespace

ReviewDesk::ReviewDesk(const config::Settings& settings, store::Database& reading, Errands errands,
                       const Clock& clock)
    : settings_(settings),
      terms_{settings.publication},
      reading_(reading),
      errands_(std::move(errands)),
      clock_(clock) {}

void ReviewDesk::tick() {
  const auto& publication = terms_.publication;
  if (publication.approval != Approval::required && publication.reviewers.empty()) return;
  if (*busy_) return;
  const auto now = clock_.now();
  const auto version = reading_.data_version();
  const bool anew = is_unfinished_ || !looked_at_ || now < *looked_at_ ||
                    now - *looked_at_ >= std::chrono::seconds(1);
  const bool is_due = !publication.reviewers.empty() &&
                      !store::Previews(reading_).due(publication.preview_pause, now).empty();
  if (version == data_version_ && !anew && !is_due) return;
  data_version_ = version;
  if (anew) looked_at_ = now;
  auto sights = look_at_all(now);
  if (!is_due && !is_news(sights)) return;
  *busy_ = true;
  errands_.run(
      "a review",
      [terms = terms_, sights = std::move(sights), now](store::Database& writing) {
        terms.settle(writing, sights, now);
      },
      [busy = busy_](bool) { *busy = false; });
}

/// Rendering costs the main thread some milliseconds: a few at once, the others in the next turns.
std::vector<ReviewDesk::Sight> ReviewDesk::look_at_all(Instant now) {
  std::vector<Sight> sights;
  std::map<IssueId, Look> looks;
  int left = most_looks;
  is_unfinished_ = false;
  for (const auto& issue : store::waiting_issues(reading_)) {
    if (waits_for_slot(reading_, issue)) continue;
    auto row = row_text(issue);
    const auto known = looks_.find(issue.id);
    const bool is_same = known != looks_.end() && known->second.row == row;
    // Themes and settings change, too; what nobody waits for is shown when somebody has let it go.
    const bool is_old = is_same && !is_quiet(issue) &&
                        (now < known->second.at || now - known->second.at >= look_every);
    const bool wants_look = !is_same || is_old;
    if (wants_look && left > 0) {
      --left;
      looks.emplace(issue.id, Look{std::move(row), look_at(issue), now});
    } else {
      is_unfinished_ = is_unfinished_ || wants_look;
      if (is_same) looks.insert(*known);
    }
    if (const auto look = looks.find(issue.id); look != looks.end() && look->second.sight)
      sights.push_back(*look->second.sight);
  }
  looks_ = std::move(looks);
  return sights;
}

/// Nothing: its draft is being rewritten, or is faulty: the publisher will tell.
std::optional<ReviewDesk::Sight> ReviewDesk::look_at(const queue::Issue& issue) {
  try {
    const auto proof =
        prove(settings_.storage.drafts / issue.path, settings_, known_names(settings_, &reading_));
    if (!proof.good() || proof.draft->hash != issue.source_hash) return {};
    return Sight{issue.id, issue.source_hash, covered_by(proof, settings_, issue)};
  } catch (const std::exception& error) {
    spdlog::error("draft {}: cannot be read: {}", issue.path, error.what());
    return {};
  }
}

bool ReviewDesk::is_news(const std::vector<Sight>& sights) {
  if (store::Previews(reading_).knows_others(ids_of(store::waiting_issues(reading_)))) return true;
  return std::ranges::any_of(sights,
                             [this](const auto& sight) { return terms_.is_news(reading_, sight); });
}

bool ReviewDesk::Terms::is_news(store::Database& database, const Sight& sight) const {
  const auto issue = store::Ledger(database).find_issue(sight.issue);
  if (!issue) return false;
  if (!publication.reviewers.empty() &&
      store::Previews(database).seen(sight.issue) != sight.covered.digest())
    return true;
  if (publication.approval != Approval::required) return false;
  const auto given = store::Approvals(database).of(sight.issue);
  if (given && given->stands() && !why_void(*given, sight.covered, publication.timezone).empty())
    return true;
  return issue->state == IssueState::scheduled &&
         issue->note != note_of(database, *issue, sight.covered, publication);
}

void ReviewDesk::Terms::settle(store::Database& database, const std::vector<Sight>& sights,
                               Instant now) const {
  for (const auto& sight : sights) settle_one(database, sight, now);
  if (publication.reviewers.empty()) return;
  store::Previews previews(database);
  previews.forget_but(ids_of(store::waiting_issues(database)));
  for (const auto issue : previews.due(publication.preview_pause, now))
    previews.show(issue, addresses_of(publication.reviewers), now);
}

/// Between the look and this, anything may have happened; then another look follows.
void ReviewDesk::Terms::settle_one(store::Database& database, const Sight& sight,
                                   Instant now) const {
  const auto issue = store::Ledger(database).find_issue(sight.issue);
  if (!issue || issue->started_at || issue->source_hash != sight.source_hash ||
      issue->planned_at() != sight.covered.time)
    return;
  if (!publication.reviewers.empty())
    store::Previews(database).see(sight.issue, sight.covered.digest(), is_quiet(*issue));
  if (publication.approval != Approval::required) return;
  store::Approvals approvals(database);
  const auto given = approvals.of(sight.issue);
  if (given && given->stands())
    if (const auto why = why_void(*given, sight.covered, publication.timezone); !why.empty())
      approvals.make_void(*issue, why, now);
  approvals.set_note(sight.issue, note_of(database, *issue, sight.covered, publication));
}

}  // namespace postrider::daemon
