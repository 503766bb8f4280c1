#include "daemon/previewer.h"

#include <algorithm>

#include "base/text.h"
#include "base/time_text.h"
#include "daemon/approval.h"
#include "daemon/inert_mail.h"
#include "daemon/segments.h"
#include "store/ledger.h"
#include "store/previews.h"
#include "store/segment_readers.h"
#include "store/sqlite_subscribers.h"

namespace postrider::daemon {

using queue::IssueState;

Previewer::Previewer(const config::Settings& settings, std::unique_ptr<store::Database> database,
                     std::shared_ptr<const TokenKeys> keys, std::vector<mail::DkimSigner> signers,
                     const Clock& clock)
    : settings_(settings),
      database_(std::move(database)),
      keys_(std::move(keys)),
      signers_(std::move(signers)),
      return_path_(settings, nullptr),
      clock_(clock) {}

Result<std::unique_ptr<Previewer>> Previewer::open(const config::Settings& settings,
                                                   std::shared_ptr<const TokenKeys> keys,
                                                   std::vector<mail::DkimSigner> signers,
                                                   const Clock& clock) {
  auto database = store::Database::open(settings.storage.database, store::OpenMode::read_only);
  if (!database) return tl::make_unexpected(database.error());
  return std::unique_ptr<Previewer>(
      new Previewer(settings, std::move(*database), std::move(keys), std::move(signers), clock));
}

Result<void> Previewer::compose(queue::Parcel& parcel) {
  const auto& claimed = parcel.claimed;
  const auto& reviewers = settings_.publication.reviewers;
  const auto reviewer = std::ranges::find_if(
      reviewers, [&](const auto& known) { return iequals(known.email, claimed.email); });
  if (reviewer == reviewers.end()) return fail("its recipient is no reviewer any more");
  const auto from = mail::parse_mailbox(settings_.publication.from);
  const auto to = mail::parse_address(claimed.email);
  if (!from || !to) return fail("its sender or recipient is no address");
  const std::lock_guard lock(mutex_);
  const auto issue =
      store::Ledger(*database_).find_issue(store::previewed_issue(claimed.notice->detail));
  if (!issue || issue->missing) return fail("its issue has no draft any more");
  const auto rendered = render(*issue, *reviewer);
  if (!rendered) return tl::make_unexpected(rendered.error());
  const auto id = keys_->sign(Purpose::message_id, {claimed.uid, 0, claimed.notice->uid});
  // What comes back of it is no reader's, so that nothing is made of it.
  parcel.envelope = {return_path_.plain_sender(from->address), claimed.email, id};
  parcel.data =
      templates::notice_message(*rendered, {*from, {}, *to, clock_.now(), id, {}}, signers_);
  return {};
}

Result<templates::RenderedNotice> Previewer::render(const queue::Issue& issue,
                                                    const config::Reviewer& reviewer) {
  const auto proof = prove(settings_.storage.drafts / issue.path, settings_,
                           known_names(settings_, database_.get()));
  if (!proof.good()) return fail("its draft is faulty now: " + summary(proof.faults));
  const auto mail = inert_composer(proof, settings_, {}, clock_.now());
  if (!mail) return tl::make_unexpected(mail.error());
  auto facts = facts_of(issue, proof, reviewer);
  auto reader = made_up_reader();
  facts.reader = "a made-up reader";
  if (!reviewer.as.empty()) {
    auto found = store::SqliteSubscribers(*database_).find(reviewer.as);
    facts.reader += found ? "" : ", since there is no subscriber " + reviewer.as;
    if (found) {
      reader = std::move(*found);
      facts.reader = reader.email + " would get it";
    }
  }
  auto read = mail->composer->personalise(
      {reader.uid, reader.email, reader.name, reader.attributes}, mail->list);
  if (!read) return tl::make_unexpected(read.error());
  return render_preview(facts, std::move(*read));
}

PreviewFacts Previewer::facts_of(const queue::Issue& issue, const Proof& proof,
                                 const config::Reviewer& reviewer) {
  const auto covered = covered_by(proof, settings_, issue);
  PreviewFacts facts{issue.slug, covered.version(), goes_out(issue), readers_of(proof), {}, {}, {},
                     {}};
  for (const auto& fault : proof.faults) facts.found.push_back(to_string(fault));
  if (settings_.publication.approval == config::Approval::required)
    tell_approval(issue, covered, reviewer, facts);
  return facts;
}

void Previewer::tell_approval(const queue::Issue& issue, const store::Covered& covered,
                              const config::Reviewer& reviewer, PreviewFacts& facts) {
  const auto given = store::Approvals(*database_).of(issue.id);
  if (given && why_void(*given, covered, settings_.publication.timezone).empty()) {
    facts.approval = "given by " + given->by;
    return;
  }
  if (issue.started_at) return;
  if (!issue.scheduled_at) {
    facts.approval = "needed, once it has a time";
  } else if (settings_.http.listen.empty()) {
    facts.approval = "needed: " + approve_command(issue.slug);
  } else {
    facts.approval =
        "needed. Behind this link there is a button that approves this version, for these lists "
        "and this time:";
    facts.link = settings_.publication.base_url + "/approve/" +
                 keys_->sign(Purpose::approve, review_claims(issue, covered, reviewer));
  }
}

std::string Previewer::goes_out(const queue::Issue& issue) const {
  const auto time = [&](Instant instant) {
    return time_text(instant, settings_.publication.timezone);
  };
  if (issue.started_at) return "is being sent since " + time(*issue.started_at);
  if (issue.state == IssueState::held) return "is held: " + issue.note;
  if (issue.state == IssueState::paused) return "is paused";
  if (issue.state == IssueState::cancelled) return "never: it is cancelled";
  if (!issue.scheduled_at) return "has no time yet";
  return *issue.scheduled_at <= clock_.now() ? "now"
                                             : planned_text(issue, settings_.publication.timezone);
}

/// As of now: it changes until its start.
std::string Previewer::readers_of(const Proof& proof) {
  store::SegmentReaders readers(*database_, proof.lists, clock_.now());
  std::vector<std::string> names;
  for (const auto& key : proof.lists) {
    const auto* list = settings_.find_list(key);
    names.push_back(list ? list->name : key);
  }
  const auto count = proof.segment ? readers.count(proof.segment->tree) : readers.count();
  return with_thousands(count) + " by now, of " + join(names, ", ") +
         (proof.segment ? "; only those with " + in_words(*proof.segment) : "");
}

}  // namespace postrider::daemon
