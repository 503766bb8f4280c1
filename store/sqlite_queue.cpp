#include "store/sqlite_queue.h"

#include <algorithm>

#include "store/bounces.h"
#include "store/erasure.h"
#include "store/identity.h"
#include "store/issue_watch.h"
#include "store/ledger.h"
#include "store/operator_mail.h"
#include "store/replies.h"
#include "store/sums.h"

namespace postrider::store {

using queue::Claim;
using queue::Delivery;
using queue::DeliveryKey;
using queue::DeliveryState;
using queue::IssueState;

namespace {

constexpr std::int64_t number(DeliveryState state) { return static_cast<std::int64_t>(state); }

/// The table a key's row is in, with the condition that finds it; the row's columns are alike.
struct Row {
  std::string_view begin_sending, record, release, exists, still_wanted;
};

constexpr Row delivery_row{
    "UPDATE deliveries SET state = 2, version = ?4 WHERE issue_id = ?1 AND subscriber_id = ?2 "
    "AND state = ?3 AND EXISTS (SELECT 1 FROM issues WHERE id = ?1 AND state = 2 AND version = ?4)",
    "UPDATE deliveries SET state = ?, due = ?, attempts = ?, resends = ?, first_try = ? "
    "WHERE issue_id = ? AND subscriber_id = ? AND state = ?",
    "UPDATE deliveries SET state = ?, due = ? WHERE issue_id = ? AND subscriber_id = ? "
    "AND state = ?",
    "SELECT 1 FROM deliveries WHERE issue_id = ? AND subscriber_id = ?",
    "SELECT 1 FROM deliveries d JOIN issues i ON i.id = d.issue_id AND i.state IN (2, 4) "
    "JOIN subscriptions n ON n.list_id = d.list_id AND n.subscriber_id = d.subscriber_id "
    "AND n.state = 1 JOIN subscribers s ON s.id = d.subscriber_id "
    "WHERE d.issue_id = ? AND d.subscriber_id = ? "
    "AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical)"};

constexpr Row notice_row{
    "UPDATE notices SET state = 2, version = ?3 WHERE id = ?1 AND state = ?2 AND (kind <> 'resend' "
    "OR (SELECT version FROM issues WHERE id = notices.issue_id) = ?3)",
    "UPDATE notices SET state = ?, due = ?, attempts = ?, resends = ?, first_try = ? "
    "WHERE id = ? AND state = ?",
    "UPDATE notices SET state = ?, due = ? WHERE id = ? AND state = ?",
    "SELECT 1 FROM notices WHERE id = ?",
    // What speaks of a subscription is not sent to one who has none any more, nor a question that
    // nobody asks any more.
    "SELECT 1 FROM notices d WHERE d.id = ? AND CASE "
    "WHEN d.kind = 'confirm' THEN EXISTS (SELECT 1 FROM sign_ups o "
    "WHERE o.subscriber_id = d.subscriber_id AND o.held = '') "
    "WHEN d.kind IN ('resend', 'welcome', 'already_subscribed', 'ask_leave') THEN EXISTS (SELECT 1 "
    "FROM subscriptions n JOIN subscribers s ON s.id = n.subscriber_id "
    "WHERE n.subscriber_id = d.subscriber_id AND (d.list_id IS NULL OR n.list_id = d.list_id) "
    "AND n.state = 1 AND NOT EXISTS (SELECT 1 FROM suppressions x "
    "WHERE x.canonical = s.canonical)) ELSE 1 END"};

const Row& row_of(const DeliveryKey& key) { return key.notice != 0 ? notice_row : delivery_row; }

Statement& bind_key(Statement& statement, const DeliveryKey& key) {
  if (key.notice != 0) return statement.bind(key.notice);
  return statement.bind(key.issue.value).bind(key.subscriber.value);
}

}  // namespace

SqliteQueue::SqliteQueue(Database& database, const queue::RetryPolicy& policy, Instant now,
                         const subscribers::BouncePolicy& bounces)
    : database_(database), bounces_(bounces) {
  transact([&] { recover(policy, now); });
}

void SqliteQueue::recover(const queue::RetryPolicy& policy, Instant now) {
  struct CutOff {
    Claim claim;
    Delivery delivery;
  };
  std::vector<CutOff> all;
  {
    auto query = database_.prepare(
        "SELECT issue_id, subscriber_id, 0, attempts, resends, first_try, version FROM deliveries "
        "WHERE state = 2 UNION ALL SELECT coalesce(issue_id, 0), coalesce(subscriber_id, 0), id, "
        "attempts, resends, first_try, version FROM notices WHERE state = 2");
    while (query.step())
      all.push_back({{{{query.integer(0)}, {query.integer(1)}, query.integer(2)},
                      0,
                      {},
                      static_cast<int>(query.integer(3)),
                      static_cast<int>(query.integer(6))},
                     {DeliveryState::sending, static_cast<int>(query.integer(3)),
                      static_cast<int>(query.integer(4)), query.optional_instant(5)}});
  }
  for (const auto& [claim, delivery] : all) {
    const queue::Outcome outcome{
        queue::OutcomeKind::in_doubt,
        queue::Scope::session,
        {0, "", "the daemon was cut off after the message's end, before the answer"}};
    judge(claim, DeliveryState::sending, {now, now, "", outcome},
          queue::after_crash(delivery, now, policy));
  }
}

void SqliteQueue::transact(const std::function<void()>& work) {
  differences_.clear();
  grown_.reset();
  const auto refusals_before = refusals_;
  const auto grown_before = grown_at_;
  try {
    database_.transact([&] {
      work();
      write_differences();
    });
  } catch (...) {
    claims_.undo();
    under_way_.clear();           // what they were moved by was undone
    refusals_ = refusals_before;  // the same work will come again
    grown_at_ = grown_before;
    throw;
  }
  claims_.keep();
  differences_.clear();
  // Only now: what is told must never be ahead of the database.
  if (grown_ && told_growth_) told_growth_(*grown_);
}

void SqliteQueue::grow_with(Instant now) {
  constexpr auto pause = std::chrono::seconds(1);
  // A clock that was put back is not waited for.
  if (grown_at_ && now >= *grown_at_ && now - *grown_at_ < pause) return;
  grown_ = grow(database_, now);
  grown_at_ = now;
}

void SqliteQueue::write_differences() {
  for (const auto& [issue, difference] : differences_) {
    add_to_sums(database_, issue, difference.sums);
    for (const auto& [group, mails] : difference.judged)
      database_
          .prepare(
              "UPDATE issue_groups SET judged = judged + ? WHERE issue_id = ? AND pacing_group = ?")
          .bind(mails)
          .bind(issue.value)
          .bind(group.value)
          .run();
  }
  for (const auto& [issue, difference] : differences_) {
    if (difference.may_be_settled) settle(database_, issue, difference.at);
    if (difference.refused) watch_issue(database_, issue, difference.at);
  }
}

void SqliteQueue::moved(IssueId issue, DeliveryState from, int attempts_before, DeliveryState to,
                        int attempts_now) {
  auto& sums = differences_[issue].sums;
  --(sums.*sum_of(from, attempts_before));
  ++(sums.*sum_of(to, attempts_now));
}

bool SqliteQueue::begin_sending(const Claim& claim, Instant now) {
  const auto& key = claim.key;
  const auto row = claims_.row_of(claim);
  if (!row || *row == DeliveryState::sending) return false;
  auto update = database_.prepare(row_of(key).begin_sending);
  if (bind_key(update, key)
          .bind(number(*row))
          .bind(static_cast<std::int64_t>(claim.version))
          .run() == 0) {
    call_off(claim);
    return false;
  }
  claims_.begin(key);
  grow_with(now);
  if (key.notice == 0)
    moved(key.issue, *row, claim.attempts, DeliveryState::sending, claim.attempts);
  return true;
}

bool SqliteQueue::is_sending(IssueId issue) {
  auto query = database_.prepare("SELECT 1 FROM issues WHERE id = ? AND state = ?");
  query.bind(issue.value).bind(static_cast<std::int64_t>(IssueState::sending));
  return query.step();
}

int SqliteQueue::newest_version(IssueId issue) {
  auto query = database_.prepare("SELECT version FROM issues WHERE id = ?");
  return query.bind(issue.value).step() ? static_cast<int>(query.integer(0)) : 0;
}

void SqliteQueue::call_off(const Claim& claim) {
  claims_.drop(claim.key);
  waits(claim.key);
}

bool SqliteQueue::still_wanted(const DeliveryKey& key) {
  auto query = database_.prepare(row_of(key).still_wanted);
  return bind_key(query, key).step();
}

/// Its reader (0: it is to none) was erased while the mail was on the wire.
bool SqliteQueue::is_erased(const DeliveryKey& key) {
  auto query = database_.prepare("SELECT 1 FROM subscribers WHERE id = ?");
  return key.subscriber.value != 0 && !query.bind(key.subscriber.value).step();
}

void SqliteQueue::record(const Claim& claim, const queue::Attempt& attempt,
                         const queue::Next& next) {
  if (!is_erased(claim.key)) return record_outcome(claim, attempt, next);
  auto nameless = attempt;
  nameless.outcome.reply.text = erased_text;
  record_outcome(claim, nameless, next);
}

void SqliteQueue::record_outcome(const Claim& claim, const queue::Attempt& attempt,
                                 const queue::Next& next) {
  const auto row = claims_.row_of(claim);
  if (row) claims_.drop(claim.key);
  if (row && judge(claim, *row, attempt, next)) return;
  // Who left between claim and refusal stays cancelled; the attempt is told all the same, but where
  // the row was erased meanwhile.
  auto query = database_.prepare(row_of(claim.key).exists);
  if (bind_key(query, claim.key).step()) note(claim, attempt);
}

bool SqliteQueue::judge(const Claim& claim, DeliveryState row, const queue::Attempt& attempt,
                        queue::Next next) {
  const auto& key = claim.key;
  // An issue that was paused for such refusals is to burn no more readers: these wait.
  const auto& outcome = attempt.outcome;
  if (outcome.kind == queue::OutcomeKind::refused && outcome.scope != queue::Scope::recipient &&
      key.notice == 0 && !is_sending(key.issue)) {
    next.delivery.state = DeliveryState::queued;
    next.due = attempt.ended;
  }
  // Who left while their mail was on the wire is not to get it by a second try.
  if (next.due && !still_wanted(key)) {
    next.delivery.state = DeliveryState::cancelled;
    next.due.reset();
  }
  if (!change(key, row, next)) return false;
  note(claim, attempt);
  const bool bounced = next.delivery.state == DeliveryState::bounced;
  // Full until it was given up is full, whoever gave up (a relay would have reported it).
  const bool given_up = next.delivery.state == DeliveryState::failed &&
                        outcome.scope == queue::Scope::recipient && outcome.reply.temporary();
  if (bounced || given_up)
    Bounces(database_, bounces_)
        .refused({key.subscriber, key.notice == 0 ? key.issue : IssueId{}, key.notice, {}},
                 outcome.reply, attempt.ended);
  if (next.due) waits(key);
  if (key.notice != 0) {
    if (next.delivery.state == DeliveryState::accepted) forget_answered(database_, key.notice);
    return true;
  }
  moved(key.issue, row, claim.attempts, next.delivery.state, next.delivery.attempts);
  auto& difference = differences_[key.issue];
  difference.refused |= bounced;
  if (claim.group.value != 0 && (bounced || next.delivery.state == DeliveryState::accepted))
    ++difference.judged[claim.group];
  if (const auto why = refusals_.note(key.issue, attempt.outcome); !why.empty())
    pause(key.issue, why, attempt.ended);
  settle_at_end(key.issue, attempt.ended);
  return true;
}

bool SqliteQueue::change(const DeliveryKey& key, DeliveryState from, const queue::Next& next) {
  auto update = database_.prepare(row_of(key).record);
  update.bind(number(next.delivery.state))
      .bind(next.due)
      .bind(static_cast<std::int64_t>(next.delivery.attempts))
      .bind(static_cast<std::int64_t>(next.delivery.resends))
      .bind(next.delivery.first_try);
  return bind_key(update, key).bind(number(from)).run() > 0;
}

/// The attempt with its number: one more than were judged, or, where others came between, than the
/// last; of earlier ones some may be folded.
void SqliteQueue::note(const Claim& claim, const queue::Attempt& attempt) {
  const auto& [kind, scope, reply, peer] = attempt.outcome;
  database_
      .prepare(
          "INSERT INTO attempts VALUES (?1, ?2, ?3, max(?14, 1 + coalesce((SELECT max(number) FROM "
          "attempts WHERE issue_id = ?1 AND subscriber_id = ?2 AND notice = ?3), 0)), ?4, ?5, ?6, "
          "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?15)")
      .bind(claim.key.issue.value)
      .bind(claim.key.subscriber.value)
      .bind(claim.key.notice)
      .bind(attempt.begun)
      .bind(attempt.ended)
      .bind(static_cast<std::int64_t>(kind))
      .bind(static_cast<std::int64_t>(scope))
      .bind(static_cast<std::int64_t>(reply.code))
      .bind(reply.enhanced)
      .bind(reply.text)
      .bind(attempt.relay)
      .bind(peer.host)
      .bind(peer.tls)
      .bind(static_cast<std::int64_t>(claim.attempts) + 1)
      .bind(static_cast<std::int64_t>(claim.version))
      .run();
}

void SqliteQueue::pause(IssueId issue, const std::string& why, Instant now) {
  Ledger ledger(database_);
  const auto slug = ledger.find_issue(issue)->slug;
  const auto note = why + "; mend that, then `postrider issue resume " + slug +
                    "`, and `postrider issue retry " + slug + "` for those who were refused";
  const auto paused =
      database_.prepare("UPDATE issues SET state = ?, note = ? WHERE id = ? AND state = ?")
          .bind(static_cast<std::int64_t>(IssueState::paused))
          .bind(std::string_view(note))
          .bind(issue.value)
          .bind(static_cast<std::int64_t>(IssueState::sending))
          .run();
  if (paused == 0) return;
  ledger.note_event("issue.paused", why, "daemon", now, issue);
  OperatorMails(database_).tell(OperatorEvent::issue_paused, slug, note, now);
}

void SqliteQueue::settle_at_end(IssueId issue, Instant at) {
  auto& difference = differences_[issue];
  difference.may_be_settled = true;
  difference.at = at;
}

void SqliteQueue::release(const Claim& claim, Instant due) {
  const auto& key = claim.key;
  const auto row = claims_.row_of(claim);
  if (!row) return;
  claims_.drop(key);
  const auto wanted = still_wanted(key);
  const auto state = wanted ? DeliveryState::queued : DeliveryState::cancelled;
  auto update = database_.prepare(row_of(key).release);
  update.bind(number(state)).bind(wanted ? std::optional(due) : std::nullopt);
  if (bind_key(update, key).bind(number(*row)).run() == 0 || key.notice != 0) return;
  if (wanted) waits(key);
  moved(key.issue, *row, claim.attempts, state, claim.attempts);
  if (!wanted) settle_at_end(key.issue, due);
}

void SqliteQueue::keep(const queue::Allowance& allowance) {
  database_
      .prepare(
          "INSERT INTO allowances VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
          "tokens = excluded.tokens, at = excluded.at")
      .bind(allowance.name)
      .bind(allowance.tokens)
      .bind(allowance.at)
      .run();
}

void SqliteQueue::keep(const queue::Pause& pause) {
  database_
      .prepare(
          "INSERT INTO pauses VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
          "until = excluded.until, reason = excluded.reason")
      .bind(pause.name)
      .bind(pause.until)
      .bind(pause.reason)
      .run();
}

void SqliteQueue::pace(const std::set<std::string>& domains) {
  paced_ = domains;
  under_way_.clear();
  Ledger ledger(database_);
  for (const auto& issue : ledger.issues_under_way()) ledger.give_groups(issue.id, domains);
}

}  // namespace postrider::store
