#include "year/books.h"

#include <algorithm>

#include "queue/delivery.h"
#include "year/newspaper.h"

namespace postrider::year {

namespace {

using queue::DeliveryState;

constexpr std::size_t most_faults = 1000;
constexpr long most_old = relays;  // may be on their way while an issue is amended

std::int64_t number(DeliveryState state) { return static_cast<std::int64_t>(state); }

std::string subject_of(const Draft& draft) {
  return draft.title + " (text " + std::to_string(draft.version) + ")";
}

/// "Grain (text 2)" without what is in brackets.
std::string title_of(const std::string& subject) { return subject.substr(0, subject.find(" (")); }

}  // namespace

void Books::blame(std::string fault) {
  if (faults_.size() < most_faults) faults_.push_back(std::move(fault));
}

void Books::open(const Draft& draft, Instant now) {
  auto& issue = issues_[draft.slug];
  issue.slug = draft.slug;
  issue.subjects = {subject_of(draft)};
  issue.list = draft.list;
  issue.possible_starts = {now};
  take_audience(issue);
}

void Books::amend(const Draft& draft) {
  auto& issue = issues_.at(draft.slug);
  issue.subjects.push_back(subject_of(draft));
  issue.old.reset();
}

void Books::take_audience(Published& issue) {
  issue.places.assign(readers_.size(), {});
  issue.audience = 0;
  for (std::size_t reader = 0; reader < readers_.size(); ++reader) {
    issue.places[reader].is_in_audience = readers_.at(reader).gets(issue.list);
    issue.audience += issue.places[reader].is_in_audience;
  }
  issue.excluded = readers_.excluded(issue.list);
}

void Books::learn_start(Published& issue) {
  auto query =
      ledger_.prepare("SELECT id, started_at FROM issues WHERE slug = ? AND started_at NOT NULL");
  query.bind(issue.slug);
  if (!query.step()) return;
  issue.id = query.integer(0);
  if (!issue.possible_starts.contains(query.instant(1)))
    blame(issue.slug + ": started at " + rfc3339(query.instant(1)) + ", not at " +
          rfc3339(*issue.possible_starts.begin()));
}

bool Books::have_all_started() {
  bool all = true;
  for (auto& [slug, issue] : issues_) {
    if (issue.id == 0) learn_start(issue);
    all = all && issue.id != 0;
  }
  return all;
}

void Books::bring_up_to_date(Instant now) {
  if (have_all_started()) return;
  for (auto& [slug, issue] : issues_) {
    if (issue.id != 0) continue;
    take_audience(issue);
    issue.possible_starts.insert(now);
  }
}

void Books::enter(const Mail& mail) {
  if (mail.is_again) return blame(mail.file + ": was written twice, one right after the other");
  const auto slug = slugs_.find(title_of(mail.subject));
  if (slug == slugs_.end()) {
    ++counts_.other_mails;
    return;
  }
  const auto who = slug->second + ": " + mail.to + ": ";
  if (!issues_.contains(slug->second)) return blame(who + "got it before its time");
  auto& issue = issues_.at(slug->second);
  const auto reader = readers_.find(mail.to);
  if (!reader || *reader >= issue.places.size()) return blame(who + "nobody");
  auto& place = issue.places[*reader];
  auto& card = readers_.at(*reader);
  if (!place.is_in_audience) blame(who + "got it, and was not to");
  if (issue.is_closed) blame(who + "got it after its end");
  if (place.has_left && !place.may_still_come) blame(who + "got it after leaving");
  if (mail.list != lists()[issue.list].key) blame(who + "got it as one of list " + mail.list);
  const auto version = std::find(issue.subjects.begin(), issue.subjects.end(), mail.subject);
  if (version == issue.subjects.end()) blame(who + "got another text: " + mail.subject);
  place.version = static_cast<int>(version - issue.subjects.begin()) + 1;
  if (issue.old && place.version < std::ssize(issue.subjects) && ++*issue.old > most_old)
    blame(who + "got a text that was amended before");
  if (mail.key != card.key) blame(who + "got a mail with the key '" + mail.key + "'");
  place.may_still_come = false;
  counts_.copies += place.copies > 0;
  if (place.copies < 255) ++place.copies;
  ++issue.came;
  ++counts_.mails;
  card.way_out[issue.list] = mail.unsubscribe;
}

void Books::note_leaving(std::size_t reader, std::optional<std::size_t> list) {
  have_all_started();
  for (auto& [slug, issue] : issues_) {
    if (issue.is_closed || issue.id == 0 || reader >= issue.places.size()) continue;
    auto& place = issue.places[reader];
    if (!place.is_in_audience || place.has_left || (list && *list != issue.list)) continue;
    auto query = ledger_.prepare(
        "SELECT d.state FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id "
        "WHERE d.issue_id = ? AND s.email = ?");
    query.bind(issue.id).bind(readers_.at(reader).email);
    const auto state = query.step() ? query.integer(0) : -1;
    place.has_left = true;
    // On the wire, or in the outbox, whose mails are read a moment later.
    place.may_still_come = state == number(DeliveryState::sending) ||
                           (state == number(DeliveryState::accepted) && place.copies == 0);
    counts_.left_on_the_way += state == number(DeliveryState::cancelled);
    if (state == number(DeliveryState::queued) || state == -1)
      blame(slug + ": " + readers_.at(reader).email + ": left, and is to get it all the same");
  }
}

}  // namespace postrider::year
