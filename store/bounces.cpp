#include "store/bounces.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "mail/failure_words.h"
#include "store/sums.h"
#include "store/suppressions.h"

namespace postrider::store {

using mail::ReportKind;
using queue::DeliveryState;
using subscribers::SuppressionReason;
using subscribers::Verdict;

namespace {

constexpr auto breaker_span = std::chrono::hours(24);
constexpr std::int64_t breaker_least = 10;    // readers of a domain, so that a rate says something
constexpr std::int64_t breaker_percent = 20;  // of those that there are

/// "hard 5.1.1 unknown_mailbox: no such user"
std::string in_words(const mail::Finding& finding) {
  std::string words(kind_name(finding.kind));
  if (!finding.status.empty()) words += " " + finding.status;
  if (!finding.reason.empty()) words += " " + finding.reason;
  return finding.text.empty() ? words : words + ": " + finding.text;
}

bool is_failure(ReportKind kind) {
  return kind == ReportKind::hard || kind == ReportKind::soft || kind == ReportKind::policy ||
         kind == ReportKind::content;
}

std::string actor_of(const std::optional<std::int64_t>& report) {
  return report ? "report " + std::to_string(*report) : "daemon";
}

/// The lists that a reader is on, as they were: of Bounces' left_lists.
std::string lists_of(Database& database, SubscriberId subscriber) {
  auto lists = nlohmann::json::array();
  auto query = database.prepare(
      "SELECT list_id, state, since FROM subscriptions WHERE subscriber_id = ? "
      "AND state <> 2");
  query.bind(subscriber.value);
  while (query.step()) lists.push_back({query.integer(0), query.integer(1), query.integer(2)});
  return lists.dump();
}

}  // namespace

struct Bounces::Reader {
  SubscriberId id;
  mail::Address address;
  std::string domain;
  std::int64_t domain_id;
};

std::optional<Bounces::Reader> Bounces::reader(SubscriberId subscriber) {
  auto query =
      database_.prepare("SELECT email, canonical, domain_id FROM subscribers WHERE id = ?");
  if (!query.bind(subscriber.value).step()) return {};
  const auto address = mail::parse_address(query.view(0));
  if (!address) return {};
  const auto canonical = query.text(1);
  return Reader{subscriber, *address, canonical.substr(0, canonical.find(' ')), query.integer(2)};
}

bool Bounces::bounce_delivery(const MailOf& mail, Instant now) {
  if (mail.issue.value == 0) return false;
  DeliveryState was{};
  int attempts = 0;
  {
    auto query = database_.prepare(
        "SELECT state, attempts FROM deliveries WHERE issue_id = ? AND subscriber_id = ?");
    if (!query.bind(mail.issue.value).bind(mail.subscriber.value).step()) return false;
    was = static_cast<DeliveryState>(query.integer(0));
    attempts = static_cast<int>(query.integer(1));
  }
  // Of what is on its way still, the way has the last word.
  if (was != DeliveryState::accepted && was != DeliveryState::in_doubt) return false;
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
  return true;
}

std::vector<subscribers::Strike> Bounces::strikes(const MailOf& mail, const mail::Finding& finding,
                                                  Instant now) {
  // What a later mail has answered does not count any more: it was accepted, and no report came.
  auto query = database_.prepare(
      "SELECT b.at, coalesce(b.issue_id, -b.notice), b.kind, b.reason FROM bounces b "
      "LEFT JOIN reports r ON r.id = b.report_id WHERE b.subscriber_id = ?1 AND b.effect & 1 "
      "AND r.undone_at IS NULL AND NOT EXISTS (SELECT 1 FROM issues o CROSS JOIN issues i ON "
      "i.started_at > o.started_at CROSS JOIN deliveries d ON d.issue_id = i.id "
      "AND d.subscriber_id = ?1 AND d.state = 3 WHERE o.id = b.issue_id "
      "AND i.started_at < coalesce((SELECT started_at FROM issues WHERE id = ?2), ?3)) "
      "ORDER BY b.at, b.id");
  query.bind(mail.subscriber.value).bind(mail.issue.value).bind(now);
  std::vector<subscribers::Strike> all;
  while (query.step())
    all.push_back({query.instant(0), query.integer(1), static_cast<ReportKind>(query.integer(2)),
                   query.text(3)});
  all.push_back(
      {now, mail.issue.value != 0 ? mail.issue.value : -mail.notice, finding.kind, finding.reason});
  return all;
}

unsigned Bounces::suppress(const Reader& reader, SuppressionReason reason, Instant now,
                           const std::string& actor) {
  if (reason == SuppressionReason::bounced && is_held_back(reader.domain)) return effect::withheld;
  return Ledger(database_).suppress(reader.address, reason, actor, now) ? effect::suppressed : 0U;
}

unsigned Bounces::take(const mail::Finding& finding, const std::optional<MailOf>& mail,
                       std::optional<std::int64_t> report, Instant now) {
  unsigned effects = 0;
  std::string left_lists = "[]";
  const auto reader = mail ? this->reader(mail->subscriber) : std::nullopt;
  if (reader) {
    const auto actor = actor_of(report);
    Ledger ledger(database_);
    const auto issue = mail->issue.value != 0 ? std::optional(mail->issue) : std::nullopt;
    if (report && finding.kind != ReportKind::unrecognised)
      ledger.note_event("mail.returned", in_words(finding), actor, now, issue, mail->subscriber);
    if (is_failure(finding.kind) && bounce_delivery(*mail, now)) effects |= effect::delivery;
    switch (judge(strikes(*mail, finding, now), policy_)) {
      case Verdict::suppress:
        effects |= effect::counted | suppress(*reader, SuppressionReason::bounced, now, actor);
        break;
      case Verdict::complain:
        left_lists = lists_of(database_, mail->subscriber);
        if (ledger.unsubscribe(mail->subscriber, {}, actor, "a complaint", now, issue))
          effects |= effect::left;
        effects |= suppress(*reader, SuppressionReason::complained, now, actor);
        break;
      case Verdict::count:
        effects |= effect::counted;
        break;
      case Verdict::tell:
      case Verdict::nothing:
        break;
    }
  }
  const auto row = [](std::int64_t id) { return id ? std::optional(id) : std::nullopt; };
  database_
      .prepare(
          "INSERT INTO bounces (report_id, at, subscriber_id, domain_id, issue_id, notice, "
          "recipient, kind, status, code, reason, text, rule, effect, left_lists) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(report)
      .bind(now)
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
      .bind(left_lists)
      .run();
  if (reader && finding.kind == ReportKind::hard) watch(*reader, now);
  return effects;
}

void Bounces::refused(const MailOf& mail, const mail::Reply& reply, Instant now) {
  const auto who = reader(mail.subscriber);
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

// The breaker ----------------------------------------------------------------------------------

bool Bounces::is_held_back(const std::string& domain) {
  auto query = database_.prepare("SELECT 1 FROM breakers WHERE domain = ?");
  return query.bind(domain).step();
}

/// Many mailboxes of one domain that are gone within a day: that is a fault of the domain more
/// often than so many readers who have moved.
void Bounces::watch(const Reader& reader, Instant now) {
  if (is_held_back(reader.domain)) return;
  std::int64_t gone = 0;
  {
    auto query = database_.prepare(
        "SELECT count(DISTINCT subscriber_id) FROM bounces WHERE domain_id = ? AND kind = 0 "
        "AND at > ?");
    query.bind(reader.domain_id).bind(now - breaker_span).step();
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
  database_.prepare("INSERT INTO breakers VALUES (?, ?, ?)")
      .bind(reader.domain)
      .bind(now)
      .bind(reason)
      .run();
  Ledger(database_).note_event("bounces.held", reader.domain + ": " + reason, "daemon", now);
  struct Row {
    std::int64_t bounce;
    std::string canonical;
  };
  std::vector<Row> rows;
  {
    auto query = database_.prepare(
        "SELECT b.id, s.canonical FROM bounces b JOIN subscribers s ON s.id = b.subscriber_id "
        "WHERE b.domain_id = ? AND b.kind = 0 AND b.at > ? AND b.effect & 4");
    query.bind(reader.domain_id).bind(now - breaker_span);
    while (query.step()) rows.push_back({query.integer(0), query.text(1)});
  }
  for (const auto& [bounce, canonical] : rows) {
    forget_suppression(database_, canonical);
    database_.prepare("UPDATE bounces SET effect = (effect & ~4) | 16 WHERE id = ?")
        .bind(bounce)
        .run();
  }
}

std::vector<Bounces::Breaker> Bounces::breakers() {
  std::vector<Breaker> all;
  auto query = database_.prepare(
      "SELECT k.domain, k.at, k.reason, (SELECT count(DISTINCT b.subscriber_id) FROM domains d "
      "CROSS JOIN bounces b ON b.domain_id = d.id AND b.effect & 16 WHERE d.name = k.domain) "
      "FROM breakers k ORDER BY k.domain");
  while (query.step())
    all.push_back({query.text(0), query.instant(1), query.text(2), query.integer(3)});
  return all;
}

std::optional<std::int64_t> Bounces::release(const std::string& domain, bool suppress_them,
                                             Instant now) {
  if (!is_held_back(domain)) return {};
  struct Row {
    std::int64_t bounce;
    SubscriberId subscriber;
  };
  std::vector<Row> rows;
  {
    auto query = database_.prepare(
        "SELECT b.id, b.subscriber_id FROM domains d CROSS JOIN bounces b ON b.domain_id = d.id "
        "AND b.subscriber_id IS NOT NULL AND b.effect & 16 WHERE d.name = ?");
    query.bind(domain);
    while (query.step()) rows.push_back({query.integer(0), {query.integer(1)}});
  }
  database_.prepare("DELETE FROM breakers WHERE domain = ?").bind(domain).run();
  std::int64_t readers = 0;
  for (const auto& [bounce, subscriber] : rows) {
    unsigned now_so = 0;
    const auto who = reader(subscriber);
    if (suppress_them && who) now_so = suppress(*who, SuppressionReason::bounced, now, "operator");
    if (now_so != 0 || !suppress_them) ++readers;
    // Those who are mailed on begin anew.
    database_.prepare("UPDATE bounces SET effect = (effect & ?) | ? WHERE id = ?")
        .bind(static_cast<std::int64_t>(suppress_them ? ~effect::withheld
                                                      : ~(effect::withheld | effect::counted)))
        .bind(static_cast<std::int64_t>(now_so))
        .bind(bounce)
        .run();
  }
  Ledger(database_).note_event("bounces.released",
                               domain + (suppress_them ? ": suppressed" : ": mailed on"),
                               "operator", now);
  return readers;
}

// Undoing --------------------------------------------------------------------------------------

std::int64_t Bounces::undo(std::int64_t report, Instant now) {
  std::vector<std::int64_t> ids;
  {
    auto query = database_.prepare("SELECT id FROM bounces WHERE report_id = ? AND effect <> 0");
    query.bind(report);
    while (query.step()) ids.push_back(query.integer(0));
  }
  for (const auto id : ids) undo_one(id, now, "operator");
  database_.prepare("UPDATE reports SET undone_at = ? WHERE id = ?").bind(now).bind(report).run();
  return static_cast<std::int64_t>(ids.size());
}

void Bounces::undo_one(std::int64_t bounce, Instant now, const std::string& actor) {
  auto query = database_.prepare(
      "SELECT b.subscriber_id, coalesce(b.issue_id, 0), b.effect, b.left_lists, b.at, s.canonical, "
      "d.state FROM bounces b JOIN subscribers s ON s.id = b.subscriber_id LEFT JOIN deliveries d "
      "ON d.issue_id = b.issue_id AND d.subscriber_id = b.subscriber_id WHERE b.id = ?");
  if (!query.bind(bounce).step()) return;
  const SubscriberId subscriber{query.integer(0)};
  const IssueId issue{query.integer(1)};
  const auto effects = static_cast<unsigned>(query.integer(2));
  if (effects & effect::delivery && query.integer(6) == 4) {
    database_.prepare("UPDATE deliveries SET state = 3 WHERE issue_id = ? AND subscriber_id = ?")
        .bind(issue.value)
        .bind(subscriber.value)
        .run();
    queue::IssueSums difference;
    --difference.bounced;
    ++difference.accepted;
    add_to_sums(database_, issue, difference);
  }
  // Whoever suppressed or left since has a later time.
  const auto at = query.instant(4);
  if (effects & effect::suppressed) {
    auto kept = database_.prepare("SELECT 1 FROM suppressions WHERE canonical = ? AND at = ?");
    const auto canonical = query.text(5);
    if (kept.bind(canonical).bind(at).step()) forget_suppression(database_, canonical);
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
  Ledger(database_).note_event("mail.return_undone", "", actor, now,
                               issue.value != 0 ? std::optional(issue) : std::nullopt, subscriber);
}

// Looking --------------------------------------------------------------------------------------

void Bounces::each(const BounceFilter& filter, const std::function<void(const Bounce&)>& visit) {
  constexpr std::int64_t page_size = 500;
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  for (;;) {
    std::vector<Bounce> page;
    {
      auto query = database_.prepare(
          "SELECT b.id, b.report_id, coalesce(r.source, 'delivery'), b.at, coalesce(s.email, ''), "
          "coalesce(i.slug, ''), coalesce(n.kind, ''), b.recipient, b.kind, b.status, b.code, "
          "b.reason, b.text, b.rule, b.effect, r.undone_at IS NOT NULL, "
          "coalesce(a.kind, ''), a.state FROM bounces b "
          "LEFT JOIN reports r ON r.id = b.report_id LEFT JOIN subscribers s ON "
          "s.id = b.subscriber_id LEFT JOIN issues i ON i.id = b.issue_id LEFT JOIN notices n ON "
          "n.id = b.notice LEFT JOIN notices a ON a.id = (SELECT max(m.id) FROM notices m "
          "WHERE m.report_id = b.report_id) WHERE b.id < ?1 AND (?2 = '' OR i.slug = ?2) "
          "AND (?3 = '' OR s.canonical = ?3) AND (?4 < 0 OR b.kind = ?4) "
          "AND (?5 = 0 OR b.subscriber_id IS NULL) AND (?8 = 0 OR r.message IS NOT NULL) "
          "AND (?6 = '' OR (s.canonical > ?6 || ' ' AND s.canonical < ?6 || '!')) "
          "ORDER BY b.id DESC LIMIT ?7");
      query.bind(before)
          .bind(filter.issue)
          .bind(filter.email)
          .bind(filter.kind ? static_cast<std::int64_t>(*filter.kind) : -1)
          .bind(static_cast<std::int64_t>(filter.unmatched))
          .bind(filter.domain)
          .bind(page_size)
          .bind(static_cast<std::int64_t>(filter.kept));
      while (query.step()) {
        Bounce bounce;
        bounce.id = before = query.integer(0);
        if (!query.is_null(1)) bounce.report = query.integer(1);
        bounce.source = query.text(2);
        bounce.at = query.instant(3);
        bounce.email = query.text(4);
        bounce.issue = query.text(5);
        bounce.notice = query.text(6);
        auto& finding = bounce.finding;
        finding.recipient = query.text(7);
        finding.kind = static_cast<ReportKind>(query.integer(8));
        finding.status = query.text(9);
        finding.code = static_cast<int>(query.integer(10));
        finding.reason = query.text(11);
        finding.text = query.text(12);
        finding.rule = query.text(13);
        bounce.effects = static_cast<unsigned>(query.integer(14));
        bounce.undone = query.integer(15) != 0;
        bounce.answer = query.text(16);
        if (!query.is_null(17)) bounce.answer_state = static_cast<DeliveryState>(query.integer(17));
        page.push_back(std::move(bounce));
      }
    }
    if (page.empty()) return;
    for (const auto& bounce : page) visit(bounce);
  }
}

}  // namespace postrider::store
