// Readers and issues together: leaving while an issue is under way, recipients, one reader's story.
#include <map>

#include "base/time_text.h"
#include "mail/address.h"
#include "store/folding.h"
#include "store/ledger.h"
#include "store/notices.h"
#include "store/sqlite_subscribers.h"
#include "store/sums.h"

namespace postrider::store {

using queue::DeliveryState;

namespace {

/// What this reader has not been sent yet of the issues under way is cancelled. `list`: only mails
/// of that list, and a question about several of which none is left; 0: all.
void cancel_waiting(Database& database, SubscriberId subscriber, std::int64_t list, Instant now) {
  struct Waiting {
    IssueId issue;
    DeliveryState state;
    int attempts;
  };
  std::vector<Waiting> waiting;
  {
    auto query = database.prepare(
        "SELECT d.issue_id, d.state, d.attempts FROM issues i CROSS JOIN deliveries d "
        "ON d.issue_id = i.id AND d.subscriber_id = ?1 WHERE i.state IN (2, 4) "
        "AND i.started_at IS NOT NULL "
        "AND (?2 = 0 OR d.list_id = ?2) "
        "AND d.state IN (0, 7) AND d.due IS NOT NULL");
    query.bind(subscriber.value).bind(list);
    while (query.step())
      waiting.push_back({{query.integer(0)},
                         static_cast<DeliveryState>(query.integer(1)),
                         static_cast<int>(query.integer(2))});
  }
  for (const auto& [issue, state, attempts] : waiting) {
    database
        .prepare(
            "UPDATE deliveries SET state = 6, due = NULL WHERE issue_id = ? AND subscriber_id = ?")
        .bind(issue.value)
        .bind(subscriber.value)
        .run();
    queue::IssueSums difference;
    --(difference.*sum_of(state, attempts));
    ++difference.cancelled;
    add_to_sums(database, issue, difference);
    settle(database, issue, now);
  }
  database
      .prepare(
          "UPDATE notices SET state = 6, due = NULL WHERE subscriber_id = ?1 "
          "AND kind IN ('resend', 'confirm', 'already_subscribed', 'welcome', "
          "'ask_leave') "
          "AND (?2 = 0 OR list_id = ?2 OR (kind = 'confirm' AND NOT EXISTS (SELECT 1 FROM "
          "sign_ups o WHERE o.subscriber_id = ?1 AND o.held = ''))) "
          "AND state IN (0, 7) AND due IS NOT NULL")
      .bind(subscriber.value)
      .bind(list)
      .run();
}

}  // namespace

bool Ledger::unsubscribe(SubscriberId subscriber, ListId list, const Actor& actor,
                         std::string_view cause, Instant now, std::optional<IssueId> issue) {
  bool left = false;
  database_.transact([&] {
    left = database_
               .prepare(
                   "UPDATE subscriptions SET state = 2, since = ?1 WHERE subscriber_id = ?2 "
                   "AND (?3 = 0 OR list_id = ?3) AND " +
                   std::string(can_be_left))
               .bind(now)
               .bind(subscriber.value)
               .bind(list.value)
               .run() > 0;
    if (list.value == 0 && leave_all(subscriber, now)) left = true;
    if (!left) return;
    note_event("subscriber.unsubscribed", cause, actor, now, issue, subscriber);
    call_off(subscriber, list, now);
  });
  return left;
}

bool Ledger::leave_all(SubscriberId subscriber, Instant now) {
  return database_
             .prepare("UPDATE subscribers SET left_all_at = ? WHERE id = ? AND left_all_at IS NULL")
             .bind(now)
             .bind(subscriber.value)
             .run() > 0;
}

void Ledger::call_off(SubscriberId subscriber, ListId list, Instant now) {
  database_.prepare("DELETE FROM sign_ups WHERE subscriber_id = ?1 AND (?2 = 0 OR list_id = ?2)")
      .bind(subscriber.value)
      .bind(list.value)
      .run();
  cancel_waiting(database_, subscriber, list.value, now);
}

bool Ledger::suppress(const mail::Address& address, subscribers::SuppressionReason reason,
                      const Actor& actor, Instant now) {
  const auto canonical = address.canonical();
  const auto word = to_string(reason);
  bool is_new = false;
  database_.transact([&] {
    // What an import knew is now known here too, and stays where that is undone. A complaint
    // outlasts the failures before it.
    is_new = database_
                 .prepare(
                     "INSERT INTO suppressions (canonical, reason, at) VALUES (?, ?, ?) "
                     "ON CONFLICT DO UPDATE SET reason = excluded.reason, "
                     "at = excluded.at, import_id = NULL WHERE import_id IS NOT NULL "
                     "OR (reason = 'bounced' AND excluded.reason = 'complained')")
                 .bind(canonical)
                 .bind(word)
                 .bind(now)
                 .run() > 0;
    auto query = database_.prepare("SELECT id FROM subscribers WHERE canonical = ?");
    query.bind(canonical);
    if (!query.step()) {
      if (is_new)
        note_event("suppression.added", address.str() + ": " + std::string(word), actor, now);
      return;
    }
    const SubscriberId subscriber{query.integer(0)};
    if (is_new) note_event("subscriber.suppressed", word, actor, now, {}, subscriber);
    cancel_waiting(database_, subscriber, 0, now);
  });
  return is_new;
}

Result<void> Ledger::resend(std::string_view slug, std::string_view email, const Actor& actor,
                            Instant now) {
  return change(slug, [&](const queue::Issue& issue) -> Result<void> {
    if (!issue.started_at)
      return fail("issue '" + issue.slug + "' has not been sent yet; there is nothing to repeat");
    if (const auto until = issue.can_be_undone_until(now))
      return fail("nothing of issue '" + issue.slug + "' leaves before " +
                  time_text(*until, "UTC") + "; there is nothing to repeat");
    const auto reader = SqliteSubscribers(database_).find(email);
    if (!reader) return fail("there is no subscriber " + std::string(email));
    if (reader->suppressed)
      return fail(reader->email + " is suppressed (" + std::string(to_string(*reader->suppressed)) +
                  ") and is not to be mailed");
    // Of the issue's lists, the first one that the reader is confirmed on names the copy.
    std::optional<ListId> list;
    {
      auto query = database_.prepare(
          "SELECT l.id FROM issues i, json_each(i.lists) j JOIN lists l ON l.key = j.value "
          "JOIN subscriptions n ON n.list_id = l.id AND n.subscriber_id = ? AND n.state = 1 "
          "WHERE i.id = ? ORDER BY j.key LIMIT 1");
      query.bind(reader->id.value).bind(issue.id.value);
      if (query.step()) list = {query.integer(0)};
    }
    if (!list)
      return fail(reader->email + " is not confirmed on a list of issue '" + issue.slug + "'");
    Notices(database_).make({.kind = queue::NoticeKind::resend,
                             .issue = issue.id,
                             .subscriber = reader->id,
                             .list = list},
                            now);
    note_event("issue.resend", "", actor, now, issue.id, reader->id);
    return {};
  });
}

namespace {

/// Why a delivery is as it is: what came back of it, else what was said to its last attempt. Of one
/// that was taken and came back that says nothing; where neither is left, its reader was erased.
constexpr std::string_view reason_columns =
    "d.state, coalesce(b.code, a.code, 0) AS code, coalesce(b.status, a.enhanced, '') AS enhanced, "
    "coalesce(b.text, a.reply, CASE d.state WHEN 4 THEN '(erased)' ELSE '' END) AS reply";
constexpr std::string_view reason_rows =
    " FROM deliveries d LEFT JOIN bounces b ON b.id = (SELECT max(c.id) FROM bounces c "
    "INDEXED BY bounces_by_subscriber WHERE d.state = 4 AND c.subscriber_id = d.subscriber_id "
    "AND c.issue_id = d.issue_id AND c.effect & 2) "
    "LEFT JOIN attempts a ON a.issue_id = d.issue_id AND a.subscriber_id = d.subscriber_id AND "
    "a.notice = 0 AND a.number = (SELECT max(number) FROM attempts e WHERE "
    "e.issue_id = d.issue_id AND e.subscriber_id = d.subscriber_id AND e.notice = 0) "
    "AND NOT (d.state = 4 AND a.outcome = 0) ";

/// Without what they are narrowed by, of `d`.
std::string select_recipients() {
  return "SELECT " + std::string(reason_columns) +
         ", d.subscriber_id, coalesce(s.email, ''), d.attempts, d.due, coalesce(b.at, a.ended), "
         "a.host, a.tls, d.version" +
         std::string(reason_rows) +
         "LEFT JOIN subscribers s ON s.id = d.subscriber_id WHERE d.issue_id = ? ";
}

Recipient read_recipient(const Statement& query) {
  Recipient recipient;
  recipient.state = static_cast<DeliveryState>(query.integer(0));
  recipient.code = static_cast<int>(query.integer(1));
  recipient.enhanced = query.text(2);
  recipient.reply = query.text(3);
  recipient.email = query.text(5);
  recipient.attempts = static_cast<int>(query.integer(6));
  recipient.due = query.optional_instant(7);
  recipient.waits_for_resend = recipient.state == DeliveryState::in_doubt && recipient.due;
  recipient.time = query.optional_instant(8);
  recipient.peer = {query.text(9), query.text(10)};
  recipient.version = static_cast<int>(query.integer(11));
  return recipient;
}

}  // namespace

void Ledger::recipients(IssueId issue, const std::function<void(const Recipient&)>& visit) {
  constexpr std::int64_t page_size = 1000;
  std::int64_t last = 0;
  for (;;) {
    std::vector<Recipient> page;
    {
      auto query = database_.prepare(select_recipients() +
                                     "AND d.subscriber_id > ? ORDER BY d.subscriber_id LIMIT ?");
      query.bind(issue.value).bind(last).bind(page_size);
      while (query.step()) {
        last = query.integer(4);
        page.push_back(read_recipient(query));
      }
    }
    if (page.empty()) return;
    for (const auto& recipient : page) visit(recipient);
  }
}

std::vector<Shortfall> Ledger::shortfalls(IssueId issue) {
  auto query = database_.prepare(
      "SELECT state, code, enhanced, coalesce(min(nullif(reply, '(erased)')), min(reply)), "
      "count(*) AS readers FROM (SELECT " +
      std::string(reason_columns) + std::string(reason_rows) +
      "WHERE d.issue_id = ? AND d.attempts > 0 AND d.state NOT IN (2, 3, 6)) GROUP BY state, code, "
      "enhanced, CASE WHEN code = 0 AND enhanced = '' THEN reply END ORDER BY readers DESC "
      "LIMIT 20");
  query.bind(issue.value);
  std::vector<Shortfall> all;
  while (query.step())
    all.push_back({static_cast<DeliveryState>(query.integer(0)), static_cast<int>(query.integer(1)),
                   query.text(2), query.text(3), query.integer(4)});
  return all;
}

std::vector<AttemptRecord> Ledger::attempts(IssueId issue, SubscriberId subscriber) {
  std::vector<AttemptRecord> attempts;
  auto query = database_.prepare(
      "SELECT number, notice, begun, ended, relay, outcome, scope, code, enhanced, reply, "
      "host, tls, version FROM attempts WHERE issue_id = ? AND subscriber_id = ? ORDER BY notice, "
      "number");
  query.bind(issue.value).bind(subscriber.value);
  while (query.step())
    attempts.push_back({static_cast<int>(query.integer(0)),
                        query.integer(1),
                        {query.instant(2),
                         query.instant(3),
                         query.text(4),
                         {static_cast<queue::OutcomeKind>(query.integer(5)),
                          static_cast<queue::Scope>(query.integer(6)),
                          {static_cast<int>(query.integer(7)), query.text(8), query.text(9)},
                          {query.text(10), query.text(11)}}},
                        static_cast<int>(query.integer(12))});
  return attempts;
}

namespace {

/// How many were before those that are told: a delivery and each copy sent again number theirs
/// from 1.
std::int64_t missing_from(const std::vector<AttemptRecord>& attempts) {
  std::map<std::int64_t, std::int64_t> last;  // numbers, by notice
  for (const auto& attempt : attempts) last[attempt.notice] = attempt.number;
  auto missing = -static_cast<std::int64_t>(attempts.size());
  for (const auto& [notice, number] : last) missing += number;
  return missing;
}

}  // namespace

std::vector<IssueStory> Ledger::stories(SubscriberId subscriber, std::string_view slug) {
  std::vector<IssueId> issues;
  {
    auto query = database_.prepare(
        "SELECT id FROM issues WHERE started_at IS NOT NULL AND (?1 = '' OR slug = ?1) "
        "ORDER BY started_at DESC, id DESC");
    query.bind(slug);
    while (query.step()) issues.push_back({query.integer(0)});
  }
  std::vector<IssueStory> stories;
  for (const auto issue : issues) {
    IssueStory story{*find_issue(issue), {}, attempts(issue, subscriber), {}};
    const auto folded_at = Folding(database_).folded_at(issue);
    if (const auto missing = missing_from(story.attempts); folded_at && missing > 0)
      story.folded = {missing, *folded_at};
    auto query = database_.prepare(select_recipients() + "AND d.subscriber_id = ?");
    query.bind(issue.value).bind(subscriber.value);
    if (query.step()) story.delivery = read_recipient(query);
    if (story.delivery && story.delivery->due && story.issue.undo_until)
      story.delivery->due = std::max(*story.delivery->due, *story.issue.undo_until);
    stories.push_back(std::move(story));
  }
  return stories;
}

}  // namespace postrider::store
