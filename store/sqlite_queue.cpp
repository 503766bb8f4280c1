#include "store/sqlite_queue.h"

#include <vector>

#include "store/ledger.h"
#include "store/sums.h"

namespace postrider::store {

using queue::Claim;
using queue::Claimed;
using queue::Delivery;
using queue::DeliveryKey;
using queue::DeliveryState;
using queue::IssueState;

namespace {

constexpr std::int64_t number(DeliveryState state) { return static_cast<std::int64_t>(state); }

/// The table a key's row is in, with the condition that finds it; the row's columns are alike.
struct Row {
  std::string_view begin_sending, record, release, read, still_wanted;
};

constexpr Row delivery_row{
    "UPDATE deliveries SET state = 2 WHERE issue_id = ? AND subscriber_id = ? AND state = 1",
    "UPDATE deliveries SET state = ?, due = ?, attempts = ?, resends = ?, first_try = ?, "
    "epoch = NULL WHERE issue_id = ? AND subscriber_id = ?",
    "UPDATE deliveries SET state = ?, due = ?, epoch = NULL WHERE issue_id = ? AND "
    "subscriber_id = ?",
    "SELECT state, attempts, epoch FROM deliveries WHERE issue_id = ? AND subscriber_id = ?",
    "SELECT 1 FROM deliveries d JOIN issues i ON i.id = d.issue_id AND i.state IN (2, 4) "
    "JOIN subscriptions n ON n.list_id = d.list_id AND n.subscriber_id = d.subscriber_id "
    "AND n.state = 1 JOIN subscribers s ON s.id = d.subscriber_id "
    "WHERE d.issue_id = ? AND d.subscriber_id = ? "
    "AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical)"};

constexpr Row notice_row{
    "UPDATE notices SET state = 2 WHERE id = ? AND state = 1",
    "UPDATE notices SET state = ?, due = ?, attempts = ?, resends = ?, first_try = ?, "
    "epoch = NULL WHERE id = ?",
    "UPDATE notices SET state = ?, due = ?, epoch = NULL WHERE id = ?",
    "SELECT state, attempts, epoch FROM notices WHERE id = ?",
    "SELECT 1 FROM notices d JOIN subscriptions n ON n.list_id = d.list_id "
    "AND n.subscriber_id = d.subscriber_id AND n.state = 1 "
    "JOIN subscribers s ON s.id = d.subscriber_id WHERE d.id = ? "
    "AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical)"};

const Row& row_of(const DeliveryKey& key) { return key.notice != 0 ? notice_row : delivery_row; }

Statement& bind_key(Statement& statement, const DeliveryKey& key) {
  if (key.notice != 0) return statement.bind(key.notice);
  return statement.bind(key.issue.value).bind(key.subscriber.value);
}

}  // namespace

SqliteQueue::SqliteQueue(Database& database, const queue::RetryPolicy& policy, Instant now)
    : database_(database) {
  transact([&] {
    database_.execute(
        "INSERT INTO meta VALUES ('epoch', 1) ON CONFLICT DO UPDATE SET value = value + 1");
    auto epoch = database_.prepare("SELECT value FROM meta WHERE key = 'epoch'");
    epoch.step();
    epoch_ = epoch.integer(0);
    // "state IN (1, 2)" is what lets SQLite use the small index instead of all rows.
    database_.execute(
        "UPDATE deliveries SET state = 0, epoch = NULL WHERE state IN (1, 2) AND state = 1");
    database_.execute("UPDATE notices SET state = 0, epoch = NULL WHERE state = 1");
    recover(policy, now);
  });
}

void SqliteQueue::recover(const queue::RetryPolicy& policy, Instant now) {
  struct CutOff {
    Claim claim;
    Delivery delivery;
  };
  std::vector<CutOff> all;
  {
    auto query = database_.prepare(
        "SELECT issue_id, subscriber_id, 0, attempts, resends, first_try, epoch FROM deliveries "
        "WHERE state IN (1, 2) AND state = 2 UNION ALL SELECT issue_id, subscriber_id, id, "
        "attempts, resends, first_try, epoch FROM notices WHERE state = 2");
    while (query.step())
      all.push_back({{{{query.integer(0)}, {query.integer(1)}, query.integer(2)}, query.integer(6)},
                     {DeliveryState::sending, static_cast<int>(query.integer(3)),
                      static_cast<int>(query.integer(4)), query.optional_instant(5)}});
  }
  for (const auto& [claim, delivery] : all) {
    const queue::Outcome outcome{
        queue::OutcomeKind::in_doubt,
        queue::Scope::session,
        {0, "", "the daemon was cut off after the message's end, before the answer"}};
    record(claim, {now, now, "", outcome}, queue::after_crash(delivery, now, policy));
  }
}

void SqliteQueue::transact(const std::function<void()>& work) {
  differences_.clear();
  database_.transact([&] {
    work();
    for (const auto& [issue, difference] : differences_)
      add_to_sums(database_, issue, difference.sums);
    for (const auto& [issue, difference] : differences_)
      if (difference.may_be_settled) settle(database_, issue, difference.at);
  });
  differences_.clear();
}

void SqliteQueue::moved(IssueId issue, DeliveryState from, int attempts_before, DeliveryState to,
                        int attempts_now) {
  auto& sums = differences_[issue].sums;
  --(sums.*sum_of(from, attempts_before));
  ++(sums.*sum_of(to, attempts_now));
}

std::vector<Claimed> SqliteQueue::claim(Instant now, std::size_t most) {
  std::vector<Claimed> claimed;
  claim_notices(now, most, claimed);
  std::vector<std::int64_t> issues;
  {
    auto query = database_.prepare("SELECT id FROM issues WHERE state = ? ORDER BY started_at, id");
    query.bind(static_cast<std::int64_t>(IssueState::sending));
    while (query.step()) issues.push_back(query.integer(0));
  }
  for (const auto issue : issues) {
    if (claimed.size() >= most) break;
    claim_deliveries({issue}, now, most, claimed);
  }
  return claimed;
}

namespace {

Claimed read_claimed(Statement& query) {
  Claimed claimed;
  claimed.key = {{query.integer(0)}, {query.integer(1)}, query.integer(2)};
  claimed.delivery = {DeliveryState::claimed, static_cast<int>(query.integer(3)),
                      static_cast<int>(query.integer(4)), query.optional_instant(5)};
  claimed.list = {query.integer(6)};
  claimed.uid = query.uid(7);
  claimed.email = query.text(8);
  claimed.name = query.text(9);
  claimed.attributes = query.text(10);
  return claimed;
}

}  // namespace

void SqliteQueue::claim_deliveries(IssueId issue, Instant now, std::size_t most,
                                   std::vector<Claimed>& claimed) {
  const auto first = claimed.size();
  std::vector<DeliveryState> states;
  {
    auto query = database_.prepare(
        "SELECT d.issue_id, d.subscriber_id, 0, d.attempts, d.resends, d.first_try, d.list_id, "
        "s.uid, s.email, s.name, s.attributes, d.state FROM deliveries d "
        "JOIN subscribers s ON s.id = d.subscriber_id "
        "WHERE d.issue_id = ? AND d.due <= ? AND d.state IN (0, 7) AND d.due IS NOT NULL "
        "ORDER BY d.due, d.subscriber_id LIMIT ?");
    query.bind(issue.value).bind(now).bind(static_cast<std::int64_t>(most - first));
    while (query.step()) {
      claimed.push_back(read_claimed(query));
      states.push_back(static_cast<DeliveryState>(query.integer(11)));
    }
  }
  auto take = database_.prepare(
      "UPDATE deliveries SET state = 1, epoch = ? WHERE issue_id = ? AND subscriber_id = ?");
  for (std::size_t i = first; i < claimed.size(); ++i) {
    auto& one = claimed[i];
    one.number = new_number();
    bind_key(take.bind(one.number), one.key).run();
    const int attempts = one.delivery.attempts;
    moved(issue, states[i - first], attempts, DeliveryState::claimed, attempts);
  }
}

void SqliteQueue::claim_notices(Instant now, std::size_t most, std::vector<Claimed>& claimed) {
  {
    auto query = database_.prepare(
        "SELECT n.issue_id, n.subscriber_id, n.id, n.attempts, n.resends, n.first_try, n.list_id, "
        "s.uid, s.email, s.name, s.attributes FROM notices n "
        "JOIN subscribers s ON s.id = n.subscriber_id "
        "WHERE n.due <= ? AND n.state IN (0, 7) AND n.due IS NOT NULL ORDER BY n.due LIMIT ?");
    query.bind(now).bind(static_cast<std::int64_t>(most));
    while (query.step()) claimed.push_back(read_claimed(query));
  }
  auto take = database_.prepare("UPDATE notices SET state = 1, epoch = ? WHERE id = ?");
  for (auto& notice : claimed) {
    notice.number = new_number();
    bind_key(take.bind(notice.number), notice.key).run();
  }
}

/// Never given twice, by no epoch: it is what the column `epoch` holds.
std::int64_t SqliteQueue::new_number() { return (epoch_ << 32) + ++claims_; }

std::optional<SqliteQueue::Held> SqliteQueue::held(const Claim& claim) {
  auto query = database_.prepare(row_of(claim.key).read);
  if (!bind_key(query, claim.key).step()) return {};
  const auto state = static_cast<DeliveryState>(query.integer(0));
  const bool in_hand = state == DeliveryState::claimed || state == DeliveryState::sending;
  return Held{state, static_cast<int>(query.integer(1)),
              in_hand && query.integer(2) == claim.number};
}

bool SqliteQueue::begin_sending(const Claim& claim, Instant) {
  const auto& key = claim.key;
  const auto before = held(claim);
  if (!before || !before->ours || before->state != DeliveryState::claimed) return false;
  if (key.notice == 0 && issue_state(key.issue) != IssueState::sending) {
    database_
        .prepare(
            "UPDATE deliveries SET state = 0, epoch = NULL WHERE issue_id = ? AND "
            "subscriber_id = ?")
        .bind(key.issue.value)
        .bind(key.subscriber.value)
        .run();
    return false;
  }
  auto update = database_.prepare(row_of(key).begin_sending);
  bind_key(update, key).run();
  if (key.notice == 0)
    moved(key.issue, DeliveryState::claimed, before->attempts, DeliveryState::sending,
          before->attempts);
  return true;
}

IssueState SqliteQueue::issue_state(IssueId issue) {
  auto query = database_.prepare("SELECT state FROM issues WHERE id = ?");
  query.bind(issue.value);
  query.step();
  return static_cast<IssueState>(query.integer(0));
}

bool SqliteQueue::still_wanted(const DeliveryKey& key) {
  auto query = database_.prepare(row_of(key).still_wanted);
  return bind_key(query, key).step();
}

void SqliteQueue::record(const Claim& claim, const queue::Attempt& attempt,
                         const queue::Next& next) {
  const auto& key = claim.key;
  auto [delivery, due] = next;
  // Who left while their mail was on the wire is not to get it by a second try.
  if (due && !still_wanted(key)) {
    delivery.state = DeliveryState::cancelled;
    due.reset();
  }
  const auto before = held(claim);
  if (!before) return;  // erased meanwhile
  // Who left between claim and refusal stays cancelled; the attempt is told all the same.
  if (before->ours) {
    auto update = database_.prepare(row_of(key).record);
    update.bind(number(delivery.state))
        .bind(due)
        .bind(static_cast<std::int64_t>(delivery.attempts))
        .bind(static_cast<std::int64_t>(delivery.resends))
        .bind(delivery.first_try);
    bind_key(update, key).run();
  }
  const auto& [kind, scope, reply, peer] = attempt.outcome;
  database_
      .prepare(
          "INSERT INTO attempts SELECT ?1, ?2, ?3, 1 + coalesce(max(number), 0), ?4, ?5, ?6, "
          "?7, ?8, ?9, ?10, ?11, ?12, ?13 FROM attempts WHERE issue_id = ?1 AND "
          "subscriber_id = ?2 AND notice = ?3")
      .bind(key.issue.value)
      .bind(key.subscriber.value)
      .bind(key.notice)
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
      .run();
  if (key.notice != 0 || !before->ours) return;
  moved(key.issue, before->state, before->attempts, delivery.state, delivery.attempts);
  if (const auto why = refusals_.note(key.issue, attempt.outcome); !why.empty())
    pause(key.issue, why, attempt.ended);
  settle_at_end(key.issue, attempt.ended);
}

void SqliteQueue::pause(IssueId issue, const std::string& why, Instant now) {
  const auto paused =
      database_.prepare("UPDATE issues SET state = ?, note = ? WHERE id = ? AND state = ?")
          .bind(static_cast<std::int64_t>(IssueState::paused))
          .bind(why +
                "; mend that, then `postrider issue resume`, and `postrider issue retry` for "
                "those who were refused")
          .bind(issue.value)
          .bind(static_cast<std::int64_t>(IssueState::sending))
          .run();
  if (paused > 0) Ledger(database_).note_event("issue.paused", why, "daemon", now, issue);
}

void SqliteQueue::settle_at_end(IssueId issue, Instant at) {
  auto& difference = differences_[issue];
  difference.may_be_settled = true;
  difference.at = at;
}

void SqliteQueue::release(const Claim& claim, Instant due) {
  const auto& key = claim.key;
  const auto before = held(claim);
  if (!before || !before->ours) return;
  const auto wanted = still_wanted(key);
  const auto state = wanted ? DeliveryState::queued : DeliveryState::cancelled;
  auto update = database_.prepare(row_of(key).release);
  update.bind(number(state)).bind(wanted ? std::optional(due) : std::nullopt);
  bind_key(update, key).run();
  if (key.notice != 0) return;
  moved(key.issue, before->state, before->attempts, state, before->attempts);
  if (!wanted) settle_at_end(key.issue, due);
}

std::optional<Instant> SqliteQueue::next_due() {
  auto query = database_.prepare(
      "SELECT min(due) FROM (SELECT (SELECT min(due) FROM deliveries WHERE issue_id = issues.id "
      "AND state IN (0, 7) AND due IS NOT NULL) AS due FROM issues WHERE state = ? UNION ALL "
      "SELECT min(due) FROM notices WHERE state IN (0, 7) AND due IS NOT NULL)");
  query.bind(static_cast<std::int64_t>(IssueState::sending));
  query.step();
  return query.optional_instant(0);
}

}  // namespace postrider::store
