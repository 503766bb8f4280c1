#include "store/breakers.h"

#include <algorithm>
#include <set>

#include "store/bounces.h"
#include "store/ledger.h"
#include "store/operator_mail.h"
#include "store/rates.h"
#include "store/suppressions.h"

namespace postrider::store {

using subscribers::SuppressionReason;

namespace {

constexpr auto breaker_span = std::chrono::hours(24);
constexpr std::int64_t breaker_least = 10;    // readers of a domain, so that a rate says something
constexpr std::int64_t breaker_percent = 20;  // of those that there are
constexpr auto believed_for = std::chrono::hours(24 * 7);  // a domain, once the operator said so

void note_withheld(Database& database, SubscriberId reader, const std::string& name,
                   const std::string& actor, Instant now) {
  Ledger(database).note_event("subscriber.suppression_withheld", "held back at " + name, actor, now,
                              {}, reader);
}

}  // namespace

std::optional<BouncedReader> find_bounced(Database& database, SubscriberId subscriber) {
  auto query = database.prepare("SELECT email, canonical, domain_id FROM subscribers WHERE id = ?");
  if (!query.bind(subscriber.value).step()) return {};
  const auto address = mail::parse_address(query.view(0));
  if (!address) return {};
  const auto canonical = query.text(1);
  return BouncedReader{subscriber, *address, canonical.substr(0, canonical.find(' ')),
                       query.integer(2)};
}

struct Breakers::Row {
  std::int64_t bounce;
  SubscriberId subscriber;
  IssueId issue;  // 0: none
  Instant followed_at;
};

std::vector<Breakers::Row> Breakers::rows_of(Statement& query) {
  std::vector<Row> rows;
  while (query.step())
    rows.push_back({query.integer(0), {query.integer(1)}, {query.integer(2)}, query.instant(3)});
  return rows;
}

/// The name of a breaker that holds; nothing: none does.
std::optional<std::string> Breakers::holder(const std::string& domain, IssueId issue) {
  auto query = database_.prepare(
      "SELECT domain FROM breakers WHERE domain = ? AND released_at IS NULL UNION ALL "
      "SELECT i.slug FROM issue_breakers k JOIN issues i ON i.id = k.issue_id "
      "WHERE k.issue_id = ? AND k.released_at IS NULL");
  if (!query.bind(domain).bind(issue.value).step()) return {};
  return query.text(0);
}

unsigned Breakers::suppress(const BouncedReader& reader, IssueId issue, const std::string& actor,
                            Instant now) {
  if (const auto name = holder(reader.domain, issue)) {
    note_withheld(database_, reader.id, *name, actor, now);
    return effect::withheld;
  }
  const bool done =
      Ledger(database_).suppress(reader.address, SuppressionReason::bounced, actor, now);
  return done ? effect::suppressed : 0U;
}

void Breakers::watch(const BouncedReader& reader, Instant now) {
  auto since = now - breaker_span;
  {
    auto query = database_.prepare("SELECT released_at FROM breakers WHERE domain = ?");
    if (query.bind(reader.domain).step()) {
      if (query.is_null(0)) return;
      since = std::max(since, query.instant(0));
    }
  }
  std::int64_t gone = 0;
  {
    auto query = database_.prepare(
        "SELECT count(DISTINCT subscriber_id) FROM bounces WHERE domain_id = ? AND kind = 0 "
        "AND at > ? AND effect & 1");
    query.bind(reader.domain_id).bind(since).step();
    gone = query.integer(0);
  }
  if (gone < breaker_least) return;
  // No more are counted than would be too many.
  const auto enough = gone * 100 / breaker_percent;
  std::int64_t all = 0;
  {
    auto query = database_.prepare(
        "SELECT count(*) FROM (SELECT 1 FROM subscribers WHERE canonical > ?1 || ' ' "
        "AND canonical < ?1 || '!' LIMIT ?2)");
    query.bind(reader.domain).bind(enough + 1).step();
    all = query.integer(0);
  }
  if (all > enough) return;
  const auto reason = std::to_string(gone) + " of " + std::to_string(all) +
                      " readers are reported gone within 24 hours";
  database_
      .prepare(
          "INSERT INTO breakers (domain, at, reason) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
          "at = excluded.at, reason = excluded.reason, released_at = NULL")
      .bind(reader.domain)
      .bind(now)
      .bind(reason)
      .run();
  Ledger(database_).note_event("bounces.held", reader.domain + ": " + reason, "daemon", now);
  const auto release = "`postrider bounce release " + reader.domain;
  OperatorMails(database_).tell(
      OperatorEvent::breaker, reader.domain,
      reason + ", and none of them is suppressed until you decide: " + release +
          "` mails them on, " + release + " --suppress` suppresses them",
      now);
  auto query = database_.prepare(
      "SELECT id, subscriber_id, coalesce(issue_id, 0), followed_at FROM bounces "
      "WHERE domain_id = ? AND kind = 0 AND at > ? AND effect & 4 AND subscriber_id IS NOT NULL");
  withhold(rows_of(query.bind(reader.domain_id).bind(since)), reader.domain, now);
}

void Breakers::hold(IssueId issue, const std::string& reason, Instant now) {
  database_
      .prepare(
          "INSERT INTO issue_breakers (issue_id, at, reason) VALUES (?, ?, ?) ON CONFLICT DO "
          "UPDATE SET at = excluded.at, reason = excluded.reason, released_at = NULL")
      .bind(issue.value)
      .bind(now)
      .bind(reason)
      .run();
  auto query = database_.prepare(
      "SELECT id, subscriber_id, issue_id, followed_at FROM bounces WHERE issue_id = ? "
      "AND kind = 0 AND effect & 4 AND subscriber_id IS NOT NULL");
  withhold(rows_of(query.bind(issue.value)), Ledger(database_).find_issue(issue)->slug, now);
}

/// Takes back what these have suppressed, but for what has changed since.
void Breakers::withhold(const std::vector<Row>& rows, const std::string& name, Instant now) {
  for (const auto& row : rows) {
    const auto reader = find_bounced(database_, row.subscriber);
    const auto suppression = reader ? find_suppression(database_, reader->address) : std::nullopt;
    const bool is_ours = suppression && suppression->at == row.followed_at;
    if (is_ours) {
      forget_suppression(database_, reader->address.canonical());
      note_withheld(database_, row.subscriber, name, "daemon", now);
    }
    database_.prepare("UPDATE bounces SET effect = (effect & ~4) | ? WHERE id = ?")
        .bind(std::int64_t{is_ours ? effect::withheld : 0U})
        .bind(row.bounce)
        .run();
  }
}

std::optional<std::int64_t> Breakers::forgiven(IssueId issue) {
  auto query = database_.prepare(
      "SELECT forgiven, released_at IS NULL FROM issue_breakers WHERE issue_id = ?");
  if (!query.bind(issue.value).step()) return 0;
  if (query.is_null(0) || query.integer(1) != 0) return {};
  return query.integer(0);
}

std::vector<Breaker> Breakers::held() {
  std::vector<Breaker> all;
  auto query = database_.prepare(
      "SELECT k.domain, '', k.at, k.reason, (SELECT count(DISTINCT b.subscriber_id) FROM domains d "
      "CROSS JOIN bounces b ON b.domain_id = d.id AND b.effect & 16 WHERE d.name = k.domain) "
      "FROM breakers k WHERE k.released_at IS NULL UNION ALL "
      "SELECT '', i.slug, k.at, k.reason, (SELECT count(DISTINCT b.subscriber_id) FROM bounces b "
      "WHERE b.issue_id = k.issue_id AND b.effect & 16) FROM issue_breakers k JOIN issues i "
      "ON i.id = k.issue_id WHERE k.released_at IS NULL ORDER BY 1, 2");
  while (query.step())
    all.push_back(
        {query.text(0), query.text(1), query.instant(2), query.text(3), query.integer(4)});
  return all;
}

std::optional<Breaker> Breakers::held(IssueId issue) {
  const auto row = Ledger(database_).find_issue(issue);
  for (auto& breaker : held())
    if (row && breaker.issue == row->slug) return std::move(breaker);
  return {};
}

std::optional<Breakers::Decision> Breakers::decision(IssueId issue) {
  auto query = database_.prepare(
      "SELECT at, released_at, reason, forgiven IS NULL FROM issue_breakers WHERE issue_id = ? "
      "AND released_at IS NOT NULL");
  if (!query.bind(issue.value).step()) return {};
  return Decision{query.instant(0), query.instant(1), query.text(2), query.integer(3) != 0};
}

std::optional<Breakers::Released> Breakers::release(std::string_view name, bool suppress,
                                                    Instant now) {
  const auto all = held();
  const auto found = std::ranges::find(all, name, &Breaker::name);
  if (found == all.end()) return {};
  OperatorMails(database_).forget(OperatorEvent::breaker, found->name());
  const auto readers = found->domain.empty() ? release_issue(found->issue, suppress, now)
                                             : release_domain(found->domain, suppress, now);
  return Released{*found, readers};
}

std::int64_t Breakers::release_domain(const std::string& domain, bool suppress, Instant now) {
  database_.prepare("UPDATE breakers SET released_at = ? WHERE domain = ?")
      .bind(suppress ? now + believed_for : now)
      .bind(domain)
      .run();
  Ledger(database_).note_event(
      "bounces.released", domain + (suppress ? ": suppressed" : ": mailed on"), "operator", now);
  auto query = database_.prepare(
      "SELECT b.id, b.subscriber_id, coalesce(b.issue_id, 0), b.followed_at FROM domains d "
      "CROSS JOIN bounces b ON b.domain_id = d.id AND b.subscriber_id IS NOT NULL AND b.effect & "
      "16 "
      "WHERE d.name = ?");
  return decide(rows_of(query.bind(domain)), domain, suppress, now);
}

std::int64_t Breakers::release_issue(const std::string& slug, bool suppress, Instant now) {
  const auto issue = Ledger(database_).find_issue(slug)->id;
  const auto gone = Rates(database_).of(issue).hard;
  database_.prepare("UPDATE issue_breakers SET released_at = ?, forgiven = ? WHERE issue_id = ?")
      .bind(now)
      .bind(suppress ? std::nullopt : std::optional(gone))
      .bind(issue.value)
      .run();
  const auto note = "`postrider issue resume " + slug + "` goes on";
  database_.prepare("UPDATE issues SET note = ? WHERE id = ? AND state = 4 AND note GLOB 'held: *'")
      .bind(note)
      .bind(issue.value)
      .run();
  Ledger(database_).note_event("bounces.released", suppress ? "suppressed" : "mailed on",
                               "operator", now, issue);
  auto query = database_.prepare(
      "SELECT id, subscriber_id, issue_id, followed_at FROM bounces WHERE issue_id = ? "
      "AND subscriber_id IS NOT NULL AND effect & 16");
  return decide(rows_of(query.bind(issue.value)), slug, suppress, now);
}

/// How many readers it is done for: what another breaker withholds stays withheld.
std::int64_t Breakers::decide(const std::vector<Row>& rows, const std::string& name, bool suppress,
                              Instant now) {
  std::set<std::int64_t> readers;
  for (const auto& row : rows) {
    const auto reader = find_bounced(database_, row.subscriber);
    unsigned now_so = 0;
    if (suppress && reader) now_so = this->suppress(*reader, row.issue, "operator", now);
    const bool is_done = now_so == effect::suppressed || !suppress;
    const bool is_first = is_done && readers.insert(row.subscriber.value).second;
    if (is_first && !suppress)
      Ledger(database_).note_event("subscriber.released", "mailed on, " + name, "operator", now, {},
                                   row.subscriber);
    // Those who are mailed on begin anew.
    database_.prepare("UPDATE bounces SET effect = (effect & ?) | ?, followed_at = ? WHERE id = ?")
        .bind(static_cast<std::int64_t>(suppress ? ~effect::withheld
                                                 : ~(effect::withheld | effect::counted)))
        .bind(std::int64_t{now_so})
        .bind(now_so == effect::suppressed ? now : row.followed_at)
        .bind(row.bounce)
        .run();
  }
  return static_cast<std::int64_t>(readers.size());
}

}  // namespace postrider::store
