#include "store/replies.h"

#include "store/departures.h"
#include "store/notices.h"

namespace postrider::store {

namespace {

constexpr auto within_a_day = std::chrono::hours(24);

/// Nothing: the mail is of no list.
std::optional<Departure> departure_of(Database& database, const MailOf& mail) {
  auto query = database.prepare(
      "SELECT s.uid, l.uid, coalesce(i.uid, 0) FROM subscribers s CROSS JOIN lists l LEFT JOIN "
      "issues i ON i.id = ?3 WHERE s.id = ?1 AND l.id = ?2");
  query.bind(mail.subscriber.value).bind(mail.list.value).bind(mail.issue.value);
  if (!query.step()) return {};
  return Departure{.reader = query.uid(0),
                   .list = static_cast<std::uint64_t>(query.integer(1)),
                   .issue = static_cast<std::uint64_t>(query.integer(2))};
}

}  // namespace

Filed Replies::take(const Arrival& arrival, std::int64_t report, Instant now) {
  const auto& mail = arrival.mail;
  if (mail && arrival.leaves && leave(arrival, report, now)) return Filed::left;
  auto finding = arrival.report.findings.front();
  if (mail && finding.reason.empty()) finding.reason = "reply";
  const bool too_many = mail && arrival.forward_to && has_many(mail->subscriber, now);
  if (too_many) finding.rule = "more than " + std::to_string(most_forwards) + " within a day";
  bounces_.take(finding, mail, report, now);
  if (mail && arrival.leaves)
    return ask(mail->subscriber, report, now) ? Filed::asked : Filed::person;
  if (mail && arrival.forward_to && !too_many) {
    forward(arrival, report, now);
    return Filed::forwarded;
  }
  if (mail) return Filed::person;
  const auto reader = arrival.leaver ? reader_at(*arrival.leaver) : std::nullopt;
  return reader && ask(*reader, report, now) ? Filed::asked : Filed::kept;
}

bool Replies::leave(const Arrival& arrival, std::int64_t report, Instant now) {
  const auto& mail = *arrival.mail;
  auto departure = departure_of(database_, mail);
  if (!departure) return false;
  departure->way = "mail that asks to leave";
  auto finding = arrival.report.findings.front();
  finding.reason = "asks_to_leave";
  const auto before = lists_as_they_are(database_, mail.subscriber, mail.list);
  bounces_.take(finding, mail, report, now);
  Departures(database_).leave(*departure, now);
  if (before != "[]")
    database_.prepare("UPDATE bounces SET effect = effect | ?, left_lists = ? WHERE report_id = ?")
        .bind(static_cast<std::int64_t>(effect::left))
        .bind(before)
        .bind(report)
        .run();
  return true;
}

bool Replies::has_many(SubscriberId reader, Instant now) {
  auto query = database_.prepare(
      "SELECT count(*) FROM bounces b CROSS JOIN notices n ON n.report_id = b.report_id "
      "AND n.kind = 'forward' WHERE b.subscriber_id = ? AND n.at > ?");
  query.bind(reader.value).bind(now - within_a_day).step();
  return query.integer(0) >= most_forwards;
}

/// The notice is not the reader's: what becomes of it says nothing of their address.
void Replies::forward(const Arrival& arrival, std::int64_t report, Instant now) {
  const auto& mail = *arrival.mail;
  Notices(database_).make({.kind = queue::NoticeKind::forward,
                           .address = arrival.forward_to,
                           .report = report,
                           .may_wait = true},
                          now);
  Ledger(database_).note_event(
      "mail.forwarded", "to " + arrival.forward_to->str(), "report " + std::to_string(report), now,
      mail.issue.value != 0 ? std::optional(mail.issue) : std::nullopt, mail.subscriber);
}

bool Replies::ask(SubscriberId reader, std::int64_t report, Instant now) {
  ListId list;
  {
    auto query = database_.prepare(
        "SELECT n.list_id FROM subscribers s JOIN subscriptions n ON n.subscriber_id = s.id "
        "AND n.state = 1 WHERE s.id = ?1 AND NOT EXISTS (SELECT 1 FROM suppressions x "
        "WHERE x.canonical = s.canonical) AND NOT EXISTS (SELECT 1 FROM notices o "
        "WHERE o.subscriber_id = ?1 AND o.kind = 'ask_leave' AND o.at > ?2) "
        "ORDER BY n.list_id LIMIT 1");
    if (!query.bind(reader.value).bind(now - within_a_day).step()) return false;
    list = {query.integer(0)};
  }
  Notices(database_).make(
      {.kind = queue::NoticeKind::ask_leave, .subscriber = reader, .list = list, .report = report},
      now);
  return true;
}

std::optional<SubscriberId> Replies::reader_at(const mail::Address& address) {
  auto query = database_.prepare("SELECT id FROM subscribers WHERE canonical = ?");
  const auto canonical = address.canonical();
  if (!query.bind(canonical).step()) return {};
  return SubscriberId{query.integer(0)};
}

std::optional<std::string> message_answered(Database& database, std::int64_t notice) {
  auto query = database.prepare(
      "SELECT r.message FROM notices n JOIN reports r ON r.id = n.report_id WHERE n.id = ? "
      "AND r.message IS NOT NULL");
  if (!query.bind(notice).step()) return {};
  return query.text(0);
}

void forget_answered(Database& database, std::int64_t notice) {
  database
      .prepare(
          "UPDATE reports SET message = NULL WHERE id = (SELECT report_id FROM notices "
          "WHERE id = ?) AND message IS NOT NULL")
      .bind(notice)
      .run();
}

}  // namespace postrider::store
