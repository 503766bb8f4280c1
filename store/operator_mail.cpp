#include "store/operator_mail.h"

#include "base/text.h"
#include "queue/delivery.h"
#include "store/notices.h"

namespace postrider::store {

namespace {

/// As of a server's reply with several lines; nothing in it begins a header or a paragraph.
std::string one_line(std::string_view text) {
  return printable(replace_all(replace_all(std::string(text), "\r", ""), "\n", " "));
}

}  // namespace

void OperatorMails::tell(OperatorEvent kind, std::string_view about, std::string_view line,
                         Instant now) {
  const auto subject = one_line(about);
  const auto words = one_line(line);
  database_.prepare("INSERT INTO operator_mails (kind, about, line, at) VALUES (?, ?, ?, ?)")
      .bind(static_cast<std::int64_t>(kind))
      .bind(std::string_view(subject))
      .bind(std::string_view(words))
      .bind(now)
      .run();
}

void OperatorMails::forget(OperatorEvent kind, std::string_view about) {
  const auto subject = one_line(about);
  database_.prepare("DELETE FROM operator_mails WHERE kind = ? AND about = ? AND notice IS NULL")
      .bind(static_cast<std::int64_t>(kind))
      .bind(std::string_view(subject))
      .run();
}

bool OperatorMails::is_due(bool anybody, Instant now) {
  if (anybody) return !due_kinds(now).empty();
  return database_.prepare("SELECT 1 FROM operator_mails WHERE notice IS NULL LIMIT 1").step();
}

/// A time to come is that of a clock that was put back: nobody waits for it.
std::vector<std::int64_t> OperatorMails::due_kinds(Instant now) {
  std::vector<std::int64_t> kinds;
  auto query = database_.prepare(
      "SELECT DISTINCT kind FROM operator_mails m WHERE notice IS NULL AND NOT EXISTS "
      "(SELECT 1 FROM operator_mails o WHERE o.kind = m.kind AND o.told_at > ? "
      "AND o.told_at <= ?) ORDER BY kind");
  query.bind(now - least_pause).bind(now);
  while (query.step()) kinds.push_back(query.integer(0));
  return kinds;
}

void OperatorMails::make_notices(const std::optional<mail::Address>& to, Instant now) {
  database_.transact([&] {
    forget_told(now);
    if (!to) {
      database_.prepare("DELETE FROM operator_mails WHERE notice IS NULL").run();
      return;
    }
    for (const auto kind : due_kinds(now)) {
      const auto notice =
          Notices(database_).make({.kind = queue::NoticeKind::operator_mail, .address = *to}, now);
      database_
          .prepare(
              "UPDATE operator_mails SET notice = ?, told_at = ? WHERE kind = ? AND notice IS NULL")
          .bind(static_cast<std::int64_t>(notice))
          .bind(now)
          .bind(kind)
          .run();
    }
  });
}

/// What was told is kept as long as its mail may have to be composed.
void OperatorMails::forget_told(Instant now) {
  database_
      .prepare(
          "DELETE FROM operator_mails WHERE told_at <= ? AND NOT EXISTS (SELECT 1 FROM notices n "
          "WHERE n.uid = operator_mails.notice AND n.due IS NOT NULL)")
      .bind(now - least_pause)
      .run();
}

std::optional<OperatorMail> OperatorMails::of(std::uint64_t notice) {
  OperatorMail mail;
  auto query = database_.prepare(
      "SELECT kind, about, line, at FROM operator_mails WHERE notice = ? ORDER BY at, id");
  query.bind(static_cast<std::int64_t>(notice));
  while (query.step()) {
    mail.kind = static_cast<OperatorEvent>(query.integer(0));
    if (mail.news.size() == most_news)
      ++mail.more;
    else
      mail.news.push_back({query.text(1), query.text(2), query.instant(3)});
  }
  if (mail.news.empty()) return {};
  return mail;
}

std::optional<OperatorMails::Failure> OperatorMails::last_failure() {
  auto query = database_.prepare(
      "SELECT n.state, a.ended, a.code, a.enhanced, a.reply FROM notices n INDEXED BY "
      "notices_to_operator CROSS JOIN attempts a ON a.issue_id = 0 AND a.subscriber_id = 0 AND "
      "a.notice = n.id WHERE n.kind = 'operator_mail' ORDER BY n.id DESC, a.number DESC LIMIT 1");
  if (!query.step()) return {};
  if (static_cast<queue::DeliveryState>(query.integer(0)) == queue::DeliveryState::accepted)
    return {};
  const mail::Reply reply{static_cast<int>(query.integer(2)), query.text(3), query.text(4)};
  return Failure{query.instant(1), reply.str()};
}

}  // namespace postrider::store
