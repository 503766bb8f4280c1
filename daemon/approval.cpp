#include "daemon/approval.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/local_hour.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/time_zone.h"

namespace postrider::daemon {

namespace {

/// A hash of several texts, each with its length, so that none runs into the next.
class TextsHash {
 public:
  TextsHash& add(std::string_view text) {
    stream_.update(std::to_string(text.size()) + ":");
    stream_.update(text);
    return *this;
  }
  Sha256 finish() { return stream_.finish(); }

 private:
  Sha256Stream stream_;
};

std::string to_hex(Sha256 hash) { return hex(std::span(hash)); }

std::string time_text(const std::optional<Instant>& time, const std::string& zone) {
  return time ? format_in_zone(*time, zone, "%Y-%m-%d %H:%M:%S %Z") : "none";
}

/// Of a time by local time.
std::string clocks_text(const std::optional<Instant>& time) {
  if (!time) return "none";
  const auto text = postrider::time_text(*time, "UTC");
  return text.substr(0, text.rfind(' ')) + " by each reader's clock";
}

}  // namespace

store::Covered covered_by(const Proof& proof, const config::Settings& settings,
                          const queue::Issue& issue) {
  auto covered = covered_by(proof, settings);
  covered.time = issue.planned_at();
  covered.by_local_time = issue.local_at().has_value();
  return covered;
}

store::Covered covered_by(const Proof& proof, const config::Settings& settings) {
  const auto& issue = proof.issue.value();
  const auto& publication = settings.publication;
  TextsHash content, readers;
  content.add(issue.subject).add(issue.html).add(issue.text);
  for (const auto& image : issue.images) content.add(image.name).add(image.type).add(image.bytes);
  content.add(publication.from).add(publication.reply_to).add(publication.base_url);
  for (const auto& key : proof.lists) {
    const auto* list = settings.find_list(key);
    content.add(list ? list->name : key);  // stands in each mail
    readers.add(key);
  }
  readers.add(proof.segment ? proof.segment->meaning : "");
  if (const auto local = proof.draft->local_time)
    readers.add(time_of_day_text(*local))
        .add(publication.local_time_missed == MissedHour::at_once ? "at_once" : "next_day");
  return {to_hex(content.finish()), to_hex(readers.finish()), {}};
}

store::Covered planned_for(store::Covered covered, const store::DraftRecord& draft) {
  covered.time = draft.scheduled_at;
  covered.by_local_time = draft.local_time && draft.local_day;
  if (covered.by_local_time)
    covered.time = Instant((draft.local_day->day + *draft.local_time).time_since_epoch());
  return covered;
}

std::string planned_text(const queue::Issue& issue, const std::string& zone) {
  return issue.local_at() ? clocks_text(issue.planned_at())
                          : postrider::time_text(*issue.scheduled_at, zone);
}

std::string why_void(const store::Approval& approval, const store::Covered& now,
                     const std::string& zone) {
  if (!approval.stands()) return approval.void_why;
  std::vector<std::string> changes;
  if (approval.covered.content != now.content)
    changes.emplace_back("what would be sent has changed since");
  if (approval.covered.readers != now.readers)
    changes.emplace_back("its lists, its segment or its local_time have changed since");
  if (approval.covered.time != now.time)
    changes.push_back(now.by_local_time
                          ? "its local time has moved from " + clocks_text(approval.covered.time) +
                                " to " + clocks_text(now.time)
                          : "its time has moved from " + time_text(approval.covered.time, zone) +
                                " to " + time_text(now.time, zone));
  return join(changes, ", and ");
}

std::string approve_command(const std::string& slug) { return "`postrider approve " + slug + "`"; }

std::string approval_note(const std::string& slug, const std::optional<store::Approval>& approval,
                          const store::Covered& now, const config::Publication& publication) {
  if (publication.approval != config::Approval::required) return {};
  if (!approval) return "waits for an approval: " + approve_command(slug);
  const auto why = why_void(*approval, now, publication.timezone);
  if (why.empty()) return {};
  return "waits for an approval: " + approve_command(slug) + "; the last one is void: " + why;
}

TokenClaims review_claims(const queue::Issue& issue, const store::Covered& shown,
                          const config::Reviewer& reviewer) {
  const auto hash = TextsHash()
                        .add(std::to_string(issue.uid))
                        .add(shown.digest())
                        .add(to_lower(reviewer.email))
                        .finish();
  TokenClaims claims{.list = issue.uid};
  std::copy_n(hash.begin(), claims.subject.size(), claims.subject.begin());
  return claims;
}

const config::Reviewer* reviewer_of(const TokenClaims& claims, const queue::Issue& issue,
                                    const store::Covered& shown,
                                    const config::Publication& publication) {
  for (const auto& reviewer : publication.reviewers)
    if (review_claims(issue, shown, reviewer) == claims) return &reviewer;
  return nullptr;
}

}  // namespace postrider::daemon
