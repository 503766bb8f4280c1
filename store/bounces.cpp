#include "store/bounces.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "mail/failure_words.h"
#include "store/breakers.h"
#include "store/issue_watch.h"
#include "store/rates.h"
#include "store/sums.h"
#include "store/suppressions.h"

namespace postrider::store {

using mail::ReportKind;
using queue::DeliveryState;
using subscribers::SuppressionReason;
using subscribers::Verdict;

namespace {

/// "hard 5.1.1 unknown_mailbox: no such user"
std::string in_words(const mail::Finding& finding) {
  std::string words(kind_name(finding.kind));
  if (!finding.status.empty()) words += " " + finding.status;
  if (!finding.reason.empty() && finding.reason != words) words += " " + finding.reason;
  return finding.text.empty() ? words : words + ": " + finding.text;
}

bool is_failure(ReportKind kind) {
  return kind == ReportKind::hard || kind == ReportKind::soft || kind == ReportKind::policy ||
         kind == ReportKind::content;
}

/// What a bounce with these effects counts as in its issue's rates, so many times.
Returned returned_by(ReportKind kind, unsigned effects, std::int64_t times) {
  Returned returned;
  if (effects & effect::complained) returned.complaints = times;
  if (!(effects & effect::delivery)) return returned;
  returned.bounced = times;
  if (kind == ReportKind::hard) returned.hard = times;
  if (kind == ReportKind::policy || kind == ReportKind::content) returned.faults = times;
  return returned;
}

/// A complaint has taken the place of a failure: without it that counts again, unless somebody
/// decided otherwise since. False: there is none.
bool suppress_as_before(Database& database, SubscriberId subscriber, const std::string& canonical,
                        std::int64_t complaint) {
  auto insert = database.prepare(
      "INSERT INTO suppressions (canonical, reason, at) SELECT ?1, 'bounced', b.followed_at "
      "FROM bounces b WHERE b.subscriber_id = ?2 AND b.id < ?3 AND b.effect & 4 "
      "AND b.kind <> 4 AND NOT EXISTS (SELECT 1 FROM events e WHERE e.subscriber_id = ?2 "
      "AND e.kind = 'suppression.removed' AND e.at >= b.followed_at) "
      "ORDER BY b.id DESC LIMIT 1");
  return insert.bind(canonical).bind(subscriber.value).bind(complaint).run() > 0;
}

bool is_bounced(Database& database, const MailOf& mail) {
  auto query = database.prepare(
      "SELECT 1 FROM deliveries WHERE issue_id = ? AND subscriber_id = ? AND state = 4");
  return query.bind(mail.issue.value).bind(mail.subscriber.value).step();
}

/// When it came.
std::optional<Instant> time_of(Database& database, std::int64_t report) {
  auto query = database.prepare("SELECT at FROM reports WHERE id = ?");
  return query.bind(report).step() ? std::optional(query.instant(0)) : std::nullopt;
}

std::string actor_of(const std::optional<std::int64_t>& report) {
  return report ? "report " + std::to_string(*report) : "daemon";
}

/// "report 7: the delivery is accepted again, on the lists again"
std::string undone_in_words(std::int64_t report, unsigned effects) {
  std::vector<std::string> words;
  if (effects & effect::delivery)
    words.emplace_back(effects & effect::doubted ? "the delivery is in doubt again"
                                                 : "the delivery is accepted again");
  if (effects & effect::left) words.emplace_back("on the lists again");
  const auto name = "report " + std::to_string(report);
  return words.empty() ? name : name + ": " + join(words, ", ");
}

}  // namespace

std::string lists_as_they_are(Database& database, SubscriberId subscriber, ListId list) {
  auto lists = nlohmann::json::array();
  auto query = database.prepare(
      "SELECT list_id, state, since FROM subscriptions WHERE subscriber_id = ?1 "
      "AND (?2 = 0 OR list_id = ?2) AND state <> 2");
  query.bind(subscriber.value).bind(list.value);
  while (query.step()) lists.push_back({query.integer(0), query.integer(1), query.integer(2)});
  return lists.dump();
}

/// The effects.
unsigned Bounces::bounce_delivery(const MailOf& mail, Instant now) {
  if (mail.issue.value == 0) return 0;
  DeliveryState was{};
  int attempts = 0;
  {
    auto query = database_.prepare(
        "SELECT state, attempts FROM deliveries WHERE issue_id = ? AND subscriber_id = ?");
    if (!query.bind(mail.issue.value).bind(mail.subscriber.value).step()) return 0;
    was = static_cast<DeliveryState>(query.integer(0));
    attempts = static_cast<int>(query.integer(1));
  }
  // Of what is on its way still, the way has the last word.
  if (was != DeliveryState::accepted && was != DeliveryState::in_doubt) return 0;
  database_
      .prepare(
          "UPDATE deliveries SET state = 4, due = NULL WHERE issue_id = ? AND "
          "subscriber_id = ?")
      .bind(mail.issue.value)
      .bind(mail.subscriber.value)
      .run();
  queue::IssueSums difference;
  --(difference.*sum_of(was, attempts));
  ++difference.bounced;
  add_to_sums(database_, mail.issue, difference);
  settle(database_, mail.issue, now);
  return was == DeliveryState::in_doubt ? effect::delivery | effect::doubted : effect::delivery;
}

std::vector<subscribers::Strike> Bounces::strikes(const MailOf& mail, const mail::Finding& finding,
                                                  Instant at) {
  // What a later mail, or a later try of the same, has answered does not count any more: it was
  // accepted, and no report came.
  auto query = database_.prepare(
      "SELECT b.at, coalesce(b.issue_id, -b.notice), b.kind, b.reason FROM bounces b "
      "LEFT JOIN reports r ON r.id = b.report_id WHERE b.subscriber_id = ?1 AND b.effect & 1 "
      "AND r.undone_at IS NULL AND NOT EXISTS (SELECT 1 FROM issues o CROSS JOIN issues i ON "
      "i.started_at >= o.started_at CROSS JOIN deliveries d ON d.issue_id = i.id "
      "AND d.subscriber_id = ?1 AND d.state = 3 WHERE o.id = b.issue_id "
      "AND i.started_at < coalesce((SELECT started_at FROM issues WHERE id = ?2), ?3)) "
      "ORDER BY b.at, b.id");
  query.bind(mail.subscriber.value).bind(mail.issue.value).bind(at);
  std::vector<subscribers::Strike> all;
  while (query.step())
    all.push_back({query.instant(0), query.integer(1), static_cast<ReportKind>(query.integer(2)),
                   query.text(3)});
  all.push_back(
      {at, mail.issue.value != 0 ? mail.issue.value : -mail.notice, finding.kind, finding.reason});
  return all;
}

/// The first complaint of that reader about that issue.
bool Bounces::is_first_complaint(const MailOf& mail) {
  auto query = database_.prepare(
      "SELECT 1 FROM bounces WHERE subscriber_id = ? AND issue_id = ? AND effect & 32");
  return !query.bind(mail.subscriber.value).bind(mail.issue.value).step();
}

unsigned Bounces::follow(const BouncedReader& reader, const MailOf& mail,
                         const mail::Finding& finding, const std::string& actor, Instant at,
                         Instant now, std::string& left_lists) {
  const auto issue = mail.issue.value != 0 ? std::optional(mail.issue) : std::nullopt;
  Ledger ledger(database_);
  switch (judge(strikes(mail, finding, at), policy_)) {
    case Verdict::suppress:
      return effect::counted | Breakers(database_).suppress(reader, mail.issue, actor, now);
    case Verdict::complain: {
      const bool is_counted = issue && finding.reason != "opt_out" && is_first_complaint(mail);
      unsigned effects = is_counted ? effect::complained : 0U;
      left_lists = lists_as_they_are(database_, reader.id);
      if (ledger.unsubscribe(reader.id, {}, actor, "a complaint", now, issue))
        effects |= effect::left;
      if (ledger.suppress(reader.address, SuppressionReason::complained, actor, now))
        effects |= effect::suppressed;
      return effects;
    }
    case Verdict::count:
      return effect::counted;
    case Verdict::tell:
    case Verdict::nothing:
      break;
  }
  return 0;
}

unsigned Bounces::take(const mail::Finding& finding, const std::optional<MailOf>& mail,
                       std::optional<std::int64_t> report, Instant now) {
  unsigned effects = 0;
  std::string left_lists = "[]";
  const auto at = report ? time_of(database_, *report).value_or(now) : now;
  const auto reader = mail ? find_bounced(database_, mail->subscriber) : std::nullopt;
  const bool of_issue = reader && mail->issue.value != 0;
  if (reader) {
    const auto actor = actor_of(report);
    if (report && finding.kind != ReportKind::unrecognised)
      Ledger(database_).note_event("mail.returned", in_words(finding), actor, now,
                                   of_issue ? std::optional(mail->issue) : std::nullopt,
                                   mail->subscriber);
    if (is_failure(finding.kind)) effects |= bounce_delivery(*mail, now);
    effects |= follow(*reader, *mail, finding, actor, at, now, left_lists);
  }
  if (of_issue) {
    // A server's refusal has made the delivery bounced already, or failed.
    const bool refused = !report && is_bounced(database_, *mail);
    const auto difference = returned_by(finding.kind, refused ? effect::delivery : effects, 1);
    if (difference.bounced + difference.complaints > 0)
      Rates(database_).add(mail->issue, reader->domain_id, difference);
  }
  const auto row = [](std::int64_t id) { return id ? std::optional(id) : std::nullopt; };
  database_
      .prepare(
          "INSERT INTO bounces (report_id, at, subscriber_id, domain_id, issue_id, notice, "
          "recipient, kind, status, code, reason, text, rule, effect, followed_at, left_lists) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(report)
      .bind(at)
      .bind(reader ? row(mail->subscriber.value) : std::nullopt)
      .bind(reader ? row(reader->domain_id) : std::nullopt)
      .bind(mail ? row(mail->issue.value) : std::nullopt)
      .bind(mail ? row(mail->notice) : std::nullopt)
      .bind(finding.recipient)
      .bind(static_cast<std::int64_t>(finding.kind))
      .bind(finding.status)
      .bind(static_cast<std::int64_t>(finding.code))
      .bind(finding.reason)
      .bind(finding.text)
      .bind(finding.rule)
      .bind(static_cast<std::int64_t>(effects))
      .bind(now)
      .bind(left_lists)
      .run();
  if (reader && finding.kind == ReportKind::hard) Breakers(database_).watch(*reader, now);
  // While it is sent, its sums lag behind: there the queue looks.
  if (of_issue && report) watch_issue(database_, mail->issue, now);
  return effects;
}

void Bounces::refused(const MailOf& mail, const mail::Reply& reply, Instant now) {
  const auto who = find_bounced(database_, mail.subscriber);
  if (!who) return;
  const auto verdict = mail::judge_failure(reply.code, reply.enhanced, reply.text, who->domain);
  mail::Finding finding;
  finding.status = reply.enhanced;
  finding.code = reply.code;
  finding.kind = verdict.kind;
  finding.reason = verdict.reason;
  finding.text = reply.text;
  finding.rule = verdict.rule;
  take(finding, mail, {}, now);
}

// Undoing --------------------------------------------------------------------------------------

Bounces::Undone Bounces::undo(std::int64_t report, Instant now) {
  std::vector<std::int64_t> ids;
  {
    auto query = database_.prepare("SELECT id FROM bounces WHERE report_id = ? AND effect <> 0");
    query.bind(report);
    while (query.step()) ids.push_back(query.integer(0));
  }
  Undone undone{static_cast<std::int64_t>(ids.size()), {}};
  // Bounces and their reports; not where somebody decided otherwise since.
  std::vector<std::pair<std::int64_t, std::int64_t>> others;
  for (const auto id : ids) {
    auto query = database_.prepare(
        "SELECT o.id, o.report_id FROM bounces b JOIN bounces o ON o.subscriber_id = "
        "b.subscriber_id AND o.issue_id IS b.issue_id AND o.notice IS b.notice JOIN reports r ON "
        "r.id = o.report_id WHERE b.id = ?1 AND o.report_id <> b.report_id "
        "AND r.undone_at IS NULL AND NOT EXISTS (SELECT 1 FROM events e WHERE e.subscriber_id = "
        "o.subscriber_id AND e.kind = 'suppression.removed' AND e.at >= o.followed_at) "
        "ORDER BY o.id");
    query.bind(id);
    while (query.step()) others.emplace_back(query.integer(0), query.integer(1));
  }
  for (const auto id : ids) undo_one(id, now, "operator");
  database_.prepare("UPDATE reports SET undone_at = ? WHERE id = ?").bind(now).bind(report).run();
  for (const auto& [bounce, other] : others)
    if (follow_again(bounce, now)) undone.standing.push_back(other);
  return undone;
}

/// What follows from a bounce while the report is gone that did it before. False: nothing does.
bool Bounces::follow_again(std::int64_t bounce, Instant now) {
  MailOf mail;
  mail::Finding finding;
  std::string actor, left_lists;
  unsigned before = 0;
  Instant at;
  {
    auto query = database_.prepare(
        "SELECT subscriber_id, coalesce(issue_id, 0), coalesce(notice, 0), kind, reason, "
        "report_id, left_lists, effect, at FROM bounces WHERE id = ?");
    query.bind(bounce).step();
    mail = {{query.integer(0)}, {query.integer(1)}, query.integer(2), {}};
    finding.kind = static_cast<ReportKind>(query.integer(3));
    finding.reason = query.text(4);
    actor = actor_of(query.integer(5));
    left_lists = query.text(6);
    before = static_cast<unsigned>(query.integer(7));
    at = query.instant(8);
  }
  const auto reader = find_bounced(database_, mail.subscriber);
  if (!reader) return false;
  // So that it is no strike beside itself.
  database_.prepare("UPDATE bounces SET effect = effect & ~1 WHERE id = ?").bind(bounce).run();
  auto lists = left_lists;
  unsigned effects = is_failure(finding.kind) ? bounce_delivery(mail, now) : 0U;
  effects |= follow(*reader, mail, finding, actor, at, now, lists);
  const auto added = effects & ~before;
  if (mail.issue.value != 0)
    Rates(database_).add(mail.issue, reader->domain_id, returned_by(finding.kind, added, 1));
  const bool anew = (added & (effect::suppressed | effect::left)) != 0;
  database_
      .prepare(
          "UPDATE bounces SET effect = ?, left_lists = ?, followed_at = iif(?, ?, followed_at) "
          "WHERE id = ?")
      .bind(static_cast<std::int64_t>(before | effects))
      .bind(added & effect::left ? lists : left_lists)
      .bind(std::int64_t{anew})
      .bind(now)
      .bind(bounce)
      .run();
  return (added & ~effect::counted) != 0;
}

void Bounces::undo_one(std::int64_t bounce, Instant now, const std::string& actor) {
  auto query = database_.prepare(
      "SELECT b.subscriber_id, coalesce(b.issue_id, 0), b.effect, b.left_lists, b.followed_at, "
      "s.canonical, d.state, b.kind, coalesce(b.domain_id, 0), b.report_id FROM bounces b "
      "JOIN subscribers s ON s.id = b.subscriber_id LEFT JOIN deliveries d "
      "ON d.issue_id = b.issue_id AND d.subscriber_id = b.subscriber_id WHERE b.id = ?");
  if (!query.bind(bounce).step()) return;
  const SubscriberId subscriber{query.integer(0)};
  const IssueId issue{query.integer(1)};
  auto effects = static_cast<unsigned>(query.integer(2));
  if (query.integer(6) != 4) effects &= ~effect::delivery;
  if (issue.value != 0)
    Rates(database_).add(issue, query.integer(8),
                         returned_by(static_cast<ReportKind>(query.integer(7)), effects, -1));
  if (effects & effect::delivery) {
    const auto before =
        effects & effect::doubted ? DeliveryState::in_doubt : DeliveryState::accepted;
    database_.prepare("UPDATE deliveries SET state = ? WHERE issue_id = ? AND subscriber_id = ?")
        .bind(static_cast<std::int64_t>(before))
        .bind(issue.value)
        .bind(subscriber.value)
        .run();
    queue::IssueSums difference;
    --difference.bounced;
    ++(difference.*sum_of(before, 1));
    add_to_sums(database_, issue, difference);
  }
  // Whoever suppressed or left since has a later time.
  const auto at = query.instant(4);
  if (effects & effect::suppressed) {
    auto kept = database_.prepare("SELECT 1 FROM suppressions WHERE canonical = ? AND at = ?");
    const auto canonical = query.text(5);
    if (kept.bind(canonical).bind(at).step()) {
      const auto reason = forget_suppression(database_, canonical);
      if (!suppress_as_before(database_, subscriber, canonical, bounce))
        Ledger(database_).note_event("subscriber.suppression_undone", to_string(*reason), actor,
                                     now, {}, subscriber);
    }
  }
  if (effects & effect::left) {
    for (const auto& list : nlohmann::json::parse(query.view(3)))
      database_
          .prepare(
              "UPDATE subscriptions SET state = ?, since = ? WHERE list_id = ? AND "
              "subscriber_id = ? AND state = 2 AND since = ?")
          .bind(list[1].get<std::int64_t>())
          .bind(list[2].get<std::int64_t>())
          .bind(list[0].get<std::int64_t>())
          .bind(subscriber.value)
          .bind(at)
          .run();
    database_.prepare("UPDATE subscribers SET left_all_at = NULL WHERE id = ? AND left_all_at = ?")
        .bind(subscriber.value)
        .bind(at)
        .run();
  }
  database_.prepare("UPDATE bounces SET effect = 0 WHERE id = ?").bind(bounce).run();
  Ledger(database_).note_event("mail.return_undone", undone_in_words(query.integer(9), effects),
                               actor, now, issue.value != 0 ? std::optional(issue) : std::nullopt,
                               subscriber);
}

}  // namespace postrider::store
