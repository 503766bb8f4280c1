// What the books say of the ledger.
#include <chrono>

#include "queue/delivery.h"
#include "queue/issue.h"
#include "year/books.h"

namespace postrider::year {

namespace {

using queue::DeliveryState;
using queue::IssueState;

std::int64_t row_of(DeliveryState state) { return static_cast<std::int64_t>(state); }
std::int64_t row_of(IssueState state) { return static_cast<std::int64_t>(state); }

}  // namespace

void Books::check(Instant now) {
  for (auto& [slug, issue] : issues_) {
    if (issue.is_closed) continue;
    if (issue.id == 0) learn_start(issue);
    if (issue.id == 0) {
      blame(slug + ": has not started by " + rfc3339(now));
      issue.is_closed = true;
      continue;
    }
    check_sums(issue);
    auto query = ledger_.prepare("SELECT state FROM issues WHERE id = ?");
    query.bind(issue.id).step();
    const auto state = query.integer(0);
    if (state == row_of(IssueState::sent) || state == row_of(IssueState::cancelled)) {
      if (issue.is_cancelled != (state == row_of(IssueState::cancelled)))
        blame(slug + (issue.is_cancelled ? ": is not cancelled" : ": is cancelled"));
      compare(issue);
      issue.is_closed = true;
    }
  }
}

void Books::check_all(const Timetable& timetable) {
  for (std::size_t list = 0; list < lists().size(); ++list)
    check_quiet(lists()[list].key, timetable.quiet(list));
  for (auto& [slug, issue] : issues_) {
    if (!issue.is_closed) blame(slug + ": has not ended");
    if (issue.id == 0) continue;
    check_sums(issue);
    compare(issue);
  }
}

void Books::check_quiet(const std::string& list, long slots) {
  auto query =
      ledger_.prepare("SELECT count(*) FROM events WHERE kind = 'slot.quiet' AND detail LIKE ?");
  const auto pattern = "the slot of " + list + " on %";
  query.bind(pattern).step();
  if (query.integer(0) != slots)
    blame(list + ": " + std::to_string(slots) + " slots were quiet, by the ledger " +
          std::to_string(query.integer(0)));
}

/// The sums are what the rows are, and the audience what it was to be.
void Books::check_sums(Published& issue) {
  auto sums = ledger_.prepare(
      "SELECT accepted, bounced, failed, cancelled, in_doubt, pending + deferred, accepted + "
      "bounced + failed + cancelled + in_doubt + pending + deferred FROM issue_sums WHERE "
      "issue_id = ?1");
  sums.bind(issue.id).step();
  auto rows = ledger_.prepare(
      "SELECT sum(state = 3), sum(state = 4), sum(state = 5), sum(state = 6), sum(state = 7), "
      "sum(state < 3), count(*) FROM deliveries WHERE issue_id = ?1");
  rows.bind(issue.id).step();
  for (int i = 0; i < 7; ++i)
    if (sums.integer(i) != rows.integer(i)) {
      blame(issue.slug + ": the sums do not close: " + std::to_string(i));
      break;
    }
  if (sums.integer(6) != issue.audience)
    blame(issue.slug + ": has an audience of " + std::to_string(sums.integer(6)) + ", not " +
          std::to_string(issue.audience));
  std::map<std::string, long> excluded;
  auto query = ledger_.prepare("SELECT reason, readers FROM issue_excluded WHERE issue_id = ?");
  query.bind(issue.id);
  while (query.step())
    if (query.integer(1) != 0) excluded[query.text(0)] = query.integer(1);
  if (excluded != issue.excluded) blame(issue.slug + ": other readers are excluded");
}

void Books::compare(Published& issue) {
  auto query = ledger_.prepare(
      "SELECT s.email, d.state, (SELECT count(*) FROM attempts a WHERE a.issue_id = d.issue_id "
      "AND a.subscriber_id = d.subscriber_id AND a.notice = 0 AND a.outcome = 3), d.version "
      "FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id WHERE d.issue_id = ?");
  query.bind(issue.id);
  long rows = 0;
  while (query.step()) {
    const auto reader = readers_.find(query.view(0));
    if (!reader || *reader >= issue.places.size() || !issue.places[*reader].is_in_audience) {
      blame(issue.slug + ": " + query.text(0) + ": is in the ledger's audience");
      continue;
    }
    ++rows;
    compare(issue, *reader, query.integer(1), query.integer(2));
    const auto version = issue.places[*reader].version;
    if (query.integer(1) == row_of(DeliveryState::accepted) && query.integer(3) != version)
      blame(issue.slug + ": " + query.text(0) + ": got version " + std::to_string(version) +
            ", by the ledger " + std::to_string(query.integer(3)));
  }
  if (rows != issue.audience) blame(issue.slug + ": the ledger lacks readers");
}

/// What came of one reader's mail, by the files and by the ledger.
void Books::compare(const Published& issue, std::size_t reader, std::int64_t state,
                    std::int64_t doubts) {
  const auto& place = issue.places[reader];
  const auto who = issue.slug + ": " + readers_.at(reader).email + ": ";
  const auto copies = std::to_string(place.copies) + " copies, by the ledger in state " +
                      std::to_string(state) + " after " + std::to_string(doubts) + " doubts";
  const bool served =
      state == row_of(DeliveryState::accepted) || state == row_of(DeliveryState::bounced);
  // Once at its end, once at the year's.
  if (issue.is_closed)
    counts_.bounced += state == row_of(DeliveryState::bounced);
  else
    counts_.in_doubt += doubts;
  if (served && place.copies == 0) blame(who + "got nothing: " + copies);
  if (place.copies > 1 + doubts) blame(who + "got too many: " + copies);
  if (!served && place.copies > doubts) blame(who + "got one unknown to the ledger: " + copies);
  if (!served && !place.has_left && !issue.is_cancelled) blame(who + "was to get it: " + copies);
}

}  // namespace postrider::year
