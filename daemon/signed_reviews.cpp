#include "daemon/signed_reviews.h"

#include <utility>
#include <vector>

#include "base/text.h"
#include "base/time_zone.h"
#include "daemon/approval.h"
#include "daemon/guards/guard.h"
#include "daemon/guards/late.h"
#include "daemon/segments.h"
#include "store/ledger.h"

namespace postrider::daemon {

using queue::IssueState;

SignedReviews::SignedReviews(const config::Settings& settings, DoorReads& reads, Errands errands,
                             const Clock& clock, std::function<void()> poke)
    : settings_(std::make_shared<const config::Settings>(settings)),
      reads_(reads),
      errands_(std::move(errands)),
      clock_(clock),
      poke_(std::move(poke)) {}

http::Reviews::Review SignedReviews::look(const TokenClaims& claims) { return find(claims).review; }

void SignedReviews::approve(const TokenClaims& claims, Approved approved) {
  auto found = find(claims);
  if (found.review.state != State::open) return approved(true, std::move(found.review));
  const auto is_taken = std::make_shared<bool>(false);
  errands_.run(
      "an approval",
      [order = std::move(found.order), is_taken, &clock = clock_](store::Database& writing) {
        *is_taken = store::Approvals(writing).approve(order, clock.now()).has_value();
      },
      [review = std::move(found.review), is_taken, poke = poke_,
       approved = std::move(approved)](bool written) {
        auto now = review;
        now.state = *is_taken ? State::approved : State::over;
        approved(written, std::move(now));
        poke();
      });
}

SignedReviews::Found SignedReviews::find(const TokenClaims& claims) {
  store::Ledger ledger(reads_.look());
  const auto id = ledger.find_issue_by_uid(claims.list);
  const auto issue = id ? ledger.find_issue(*id) : std::nullopt;
  if (!issue) return {};
  Found found;
  found.review.state = State::over;
  if (settings_->publication.approval != config::Approval::required) return found;
  const auto given = store::Approvals(reads_.look()).of(*id);
  if (given && given->stands() &&
      reviewer_of(claims, *issue, given->shown(), settings_->publication)) {
    found.review = {.state = State::approved,
                    .title = issue->title,
                    .version = given->shown().version(),
                    .by = given->by};
    return found;
  }
  const bool waits = issue->ready && !issue->missing && !issue->started_at &&
                     issue->state != IssueState::cancelled && issue->state != IssueState::rejected;
  return waits ? find_open(claims, *issue) : found;
}

SignedReviews::Found SignedReviews::find_open(const TokenClaims& claims,
                                              const queue::Issue& issue) {
  Found found;
  found.review.state = State::over;
  const auto& publication = settings_->publication;
  const auto proof = prove(settings_->storage.drafts / issue.path, *settings_,
                           known_names(*settings_, &reads_.look()));
  if (!proof.good() || proof.draft->hash != issue.source_hash) return found;
  const auto shown = covered_by(proof, *settings_, issue);
  const auto* reviewer = reviewer_of(claims, issue, shown, publication);
  if (!reviewer || !issue.scheduled_at) return found;
  found.review = describe(issue, proof, shown);
  found.review.by = reviewer->email;
  found.order = {
      .slug = issue.slug, .source_hash = issue.source_hash, .shown = shown, .by = reviewer->email};
  if (const auto late = guards::late(*issue.scheduled_at, clock_.now(), publication))
    found.order.too_late = *late + guards::let_go(issue.slug, publication);
  return found;
}

http::Reviews::Review SignedReviews::describe(const queue::Issue& issue, const Proof& proof,
                                              const store::Covered& shown) const {
  Review review{.state = State::open, .title = proof.issue->subject, .version = shown.version()};
  std::vector<std::string> names;
  for (const auto& key : proof.lists) {
    const auto* list = settings_->find_list(key);
    names.push_back(list ? list->name : key);
  }
  review.readers = join(names, ", ");
  if (proof.segment) review.segment = in_words(*proof.segment);
  if (*issue.scheduled_at > clock_.now())
    review.time = planned_text(issue, settings_->publication.timezone);
  return review;
}

}  // namespace postrider::daemon
