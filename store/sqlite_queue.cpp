#include "store/sqlite_queue.h"

#include <algorithm>

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

constexpr std::int64_t most_notices = 1000;  // looked at in one claim
constexpr std::size_t a_turn = 64;  // deliveries of one group before the next one has its turn

constexpr std::int64_t number(DeliveryState state) { return static_cast<std::int64_t>(state); }

/// The table a key's row is in, with the condition that finds it; the row's columns are alike.
/// `settle` is `record` where it was that claim's and `sending`, as nearly always: one look less.
struct Row {
  std::string_view begin_sending, settle, record, release, read, still_wanted;
};

constexpr Row delivery_row{
    "UPDATE deliveries SET state = 2 WHERE issue_id = ?1 AND subscriber_id = ?2 AND epoch = ?3 "
    "AND state = 1 AND (SELECT state FROM issues WHERE id = ?1) = 2",
    "UPDATE deliveries SET state = ?, due = ?, attempts = ?, resends = ?, first_try = ?, "
    "epoch = NULL WHERE issue_id = ? AND subscriber_id = ? AND epoch = ? AND state = 2",
    "UPDATE deliveries SET state = ?, due = ?, attempts = ?, resends = ?, first_try = ?, "
    "epoch = NULL WHERE issue_id = ? AND subscriber_id = ?",
    "UPDATE deliveries SET state = ?, due = ?, epoch = NULL WHERE issue_id = ? AND "
    "subscriber_id = ?",
    "SELECT state, attempts, epoch, pacing_group, due FROM deliveries WHERE issue_id = ? AND "
    "subscriber_id = ?",
    "SELECT 1 FROM deliveries d JOIN issues i ON i.id = d.issue_id AND i.state IN (2, 4) "
    "JOIN subscriptions n ON n.list_id = d.list_id AND n.subscriber_id = d.subscriber_id "
    "AND n.state = 1 JOIN subscribers s ON s.id = d.subscriber_id "
    "WHERE d.issue_id = ? AND d.subscriber_id = ? "
    "AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical)"};

constexpr Row notice_row{
    "UPDATE notices SET state = 2 WHERE id = ? AND epoch = ? AND state = 1",
    "UPDATE notices SET state = ?, due = ?, attempts = ?, resends = ?, first_try = ?, "
    "epoch = NULL WHERE id = ? AND epoch = ? AND state = 2",
    "UPDATE notices SET state = ?, due = ?, attempts = ?, resends = ?, first_try = ?, "
    "epoch = NULL WHERE id = ?",
    "UPDATE notices SET state = ?, due = ?, epoch = NULL WHERE id = ?",
    "SELECT state, attempts, epoch, 0, due FROM notices WHERE id = ?",
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
    database_.execute(
        "UPDATE deliveries INDEXED BY deliveries_claimed SET state = 0, epoch = NULL "
        "WHERE state IN (1, 2) AND state = 1");
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
        "INDEXED BY deliveries_claimed WHERE state IN (1, 2) AND state = 2 UNION ALL SELECT "
        "issue_id, subscriber_id, id, "
        "attempts, resends, first_try, epoch FROM notices WHERE state = 2");
    while (query.step())
      all.push_back({{{{query.integer(0)}, {query.integer(1)}, query.integer(2)},
                      query.integer(6),
                      {},
                      static_cast<int>(query.integer(3))},
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
  const auto refusals_before = refusals_;
  try {
    database_.transact([&] {
      work();
      for (const auto& [issue, difference] : differences_)
        add_to_sums(database_, issue, difference.sums);
      for (const auto& [issue, difference] : differences_)
        if (difference.may_be_settled) settle(database_, issue, difference.at);
    });
  } catch (...) {
    under_way_.clear();           // what they were moved by was undone
    refusals_ = refusals_before;  // the same work will come again
    throw;
  }
  differences_.clear();
}

void SqliteQueue::moved(IssueId issue, DeliveryState from, int attempts_before, DeliveryState to,
                        int attempts_now) {
  auto& sums = differences_[issue].sums;
  --(sums.*sum_of(from, attempts_before));
  ++(sums.*sum_of(to, attempts_now));
}

// Claiming ----------------------------------------------------------------------------------------

/// Issues that are being sent, as they are now. The groups of one are read from its rows where it
/// is new here or its revision is; else what this queue does keeps them right.
void SqliteQueue::look_at_issues() {
  std::vector<std::pair<IssueId, std::int64_t>> sending;
  {
    auto query = database_.prepare(
        "SELECT id, revision FROM issues WHERE state = ? ORDER BY started_at, id");
    query.bind(static_cast<std::int64_t>(IssueState::sending));
    while (query.step()) sending.push_back({{query.integer(0)}, query.integer(1)});
  }
  std::vector<UnderWay> now;
  for (const auto& [id, revision] : sending) {
    const auto known = std::find_if(
        under_way_.begin(), under_way_.end(),
        [&](const UnderWay& issue) { return issue.id == id && issue.revision == revision; });
    now.push_back(known == under_way_.end() ? load(id, revision) : std::move(*known));
  }
  under_way_ = std::move(now);
}

SqliteQueue::UnderWay SqliteQueue::load(IssueId issue, std::int64_t revision) {
  UnderWay loaded{issue, revision, {}};
  domains_[{0}] = "";
  std::vector<GroupId> groups;
  {
    auto query = database_.prepare(
        "SELECT g.pacing_group, d.name FROM issue_groups g JOIN domains d ON d.id = "
        "g.pacing_group WHERE g.issue_id = ? UNION ALL SELECT 0, ''");
    query.bind(issue.value);
    while (query.step()) {
      groups.push_back({query.integer(0)});
      domains_[groups.back()] = query.text(1);
    }
  }
  for (const auto group : groups)
    if (const auto due = next_due(issue, group)) loaded.turns.due(group, *due);
  return loaded;
}

std::optional<Instant> SqliteQueue::next_due(IssueId issue, GroupId group) {
  auto query = database_.prepare(
      "SELECT min(due) FROM deliveries WHERE issue_id = ? AND pacing_group = ? "
      "AND state IN (0, 7) AND due IS NOT NULL");
  query.bind(issue.value).bind(group.value).step();
  return query.optional_instant(0);
}

/// A delivery is back in the queue.
void SqliteQueue::waits(const DeliveryKey& key, GroupId group, std::optional<Instant> due) {
  if (!due || key.notice != 0) return;
  for (auto& issue : under_way_)
    if (issue.id == key.issue) issue.turns.due(group, *due);
}

queue::Taken SqliteQueue::claim(Instant now, std::size_t most, queue::Gate& gate) {
  queue::Taken taken;
  look_at_issues();
  claim_notices(now, most, gate, taken);
  for (auto& issue : under_way_)
    if (taken.claimed.size() < most) claim_of(issue, now, most, gate, taken.claimed);
  if (taken.claimed.size() >= most)
    taken.again = now;
  else if (const auto next = next_time(now); next && (!taken.again || *next < *taken.again))
    taken.again = next;
  return taken;
}

void SqliteQueue::claim_of(UnderWay& issue, Instant now, std::size_t most, queue::Gate& gate,
                           std::vector<Claimed>& claimed) {
  auto& turns = issue.turns;
  turns.wake(now);
  // One round without a delivery: nobody in the row may go.
  for (std::size_t idle = 0; idle < turns.ready() && claimed.size() < most;) {
    const auto group = turns.next();
    const auto room = gate.room(group, domains_[group]);
    const auto wanted = std::min({room.most, most - claimed.size(), a_turn});
    if (wanted == 0 && room.again) {
      turns.put_off(group, *room.again);
    } else if (wanted == 0) {
      turns.again(group);
      ++idle;
    } else if (const auto got = claim_deliveries(issue.id, group, now, wanted, claimed);
               got == wanted) {
      turns.again(group);
      gate.took(group, got);
      idle = 0;
    } else {
      if (const auto due = next_due(issue.id, group)) turns.due(group, *due);
      gate.took(group, got);
    }
  }
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

std::size_t SqliteQueue::claim_deliveries(IssueId issue, GroupId group, Instant now,
                                          std::size_t most, std::vector<Claimed>& claimed) {
  const auto first = claimed.size();
  std::vector<DeliveryState> states;
  {
    auto query = database_.prepare(
        "SELECT d.issue_id, d.subscriber_id, 0, d.attempts, d.resends, d.first_try, d.list_id, "
        "s.uid, s.email, s.name, s.attributes, d.state FROM deliveries d "
        "JOIN subscribers s ON s.id = d.subscriber_id "
        "WHERE d.issue_id = ? AND d.pacing_group = ? AND d.due <= ? AND d.state IN (0, 7) "
        "AND d.due IS NOT NULL ORDER BY d.due, d.subscriber_id LIMIT ?");
    query.bind(issue.value).bind(group.value).bind(now).bind(static_cast<std::int64_t>(most));
    while (query.step()) {
      claimed.push_back(read_claimed(query));
      claimed.back().group = group;
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
  return claimed.size() - first;
}

/// Few at any time; of their domains only those with settings of their own hold them up.
void SqliteQueue::claim_notices(Instant now, std::size_t most, queue::Gate& gate,
                                queue::Taken& taken) {
  std::vector<Claimed> due;
  std::vector<std::string> domains;
  {
    auto query = database_.prepare(
        "SELECT n.issue_id, n.subscriber_id, n.id, n.attempts, n.resends, n.first_try, n.list_id, "
        "s.uid, s.email, s.name, s.attributes, s.domain_id, d.name FROM notices n "
        "JOIN subscribers s ON s.id = n.subscriber_id JOIN domains d ON d.id = s.domain_id "
        "WHERE n.due <= ? AND n.state IN (0, 7) AND n.due IS NOT NULL ORDER BY n.due LIMIT ?");
    query.bind(now).bind(most_notices);
    while (query.step()) {
      due.push_back(read_claimed(query));
      domains.push_back(query.text(12));
      if (paced_.contains(domains.back()))
        due.back().group = {query.integer(11)};
      else
        domains.back().clear();
    }
  }
  auto take = database_.prepare("UPDATE notices SET state = 1, epoch = ? WHERE id = ?");
  for (std::size_t i = 0; i < due.size() && taken.claimed.size() < most; ++i) {
    auto& notice = due[i];
    if (const auto room = gate.room(notice.group, domains[i]); room.most == 0) {
      if (room.again && (!taken.again || *room.again < *taken.again)) taken.again = room.again;
      continue;
    }
    notice.number = new_number();
    bind_key(take.bind(notice.number), notice.key).run();
    gate.took(notice.group, 1);
    taken.claimed.push_back(std::move(notice));
  }
}

/// When something is to be claimed that is not now.
std::optional<Instant> SqliteQueue::next_time(Instant now) {
  std::optional<Instant> next;
  const auto add = [&next](std::optional<Instant> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const auto& issue : under_way_) add(issue.turns.next_time());
  // Those that are due by now and were not claimed are held up.
  auto query = database_.prepare(
      "SELECT min(due) FROM notices WHERE state IN (0, 7) AND due IS NOT NULL AND due > ?");
  query.bind(now).step();
  add(query.optional_instant(0));
  return next;
}

/// Never given twice, by no epoch: it is what the column `epoch` holds.
std::int64_t SqliteQueue::new_number() { return (epoch_ << 32) + ++claims_; }

std::optional<SqliteQueue::Held> SqliteQueue::held(const Claim& claim) {
  auto query = database_.prepare(row_of(claim.key).read);
  if (!bind_key(query, claim.key).step()) return {};
  const auto state = static_cast<DeliveryState>(query.integer(0));
  const bool in_hand = state == DeliveryState::claimed || state == DeliveryState::sending;
  return Held{state,
              static_cast<int>(query.integer(1)),
              in_hand && query.integer(2) == claim.number,
              {query.integer(3)},
              query.optional_instant(4)};
}

bool SqliteQueue::begin_sending(const Claim& claim, Instant) {
  const auto& key = claim.key;
  auto update = database_.prepare(row_of(key).begin_sending);
  if (bind_key(update, key).bind(claim.number).run() == 0) {
    call_off(claim);
    return false;
  }
  if (key.notice == 0)
    moved(key.issue, DeliveryState::claimed, claim.attempts, DeliveryState::sending,
          claim.attempts);
  return true;
}

bool SqliteQueue::is_sending(IssueId issue) {
  auto query = database_.prepare("SELECT 1 FROM issues WHERE id = ? AND state = ?");
  query.bind(issue.value).bind(static_cast<std::int64_t>(IssueState::sending));
  return query.step();
}

/// A claim that may not be sent goes back, if it is still there: its issue is not being sent.
void SqliteQueue::call_off(const Claim& claim) {
  const auto& key = claim.key;
  const auto before = held(claim);
  if (!before || !before->ours || before->state != DeliveryState::claimed || key.notice != 0)
    return;
  database_
      .prepare(
          "UPDATE deliveries SET state = 0, epoch = NULL WHERE issue_id = ? AND "
          "subscriber_id = ?")
      .bind(key.issue.value)
      .bind(key.subscriber.value)
      .run();
  waits(key, before->group, before->due);
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
  auto before = Held{DeliveryState::sending, claim.attempts, true, claim.group, {}};
  if (due || !change(row_of(key).settle, claim, {delivery, {}}, claim.number)) {
    const auto found = held(claim);
    if (!found) return;  // erased meanwhile
    before = *found;
    // Who left between claim and refusal stays cancelled; the attempt is told all the same.
    if (before.ours) {
      change(row_of(key).record, claim, {delivery, due}, {});
      waits(key, before.group, due);
    }
  }
  note(claim, attempt);
  if (key.notice != 0 || !before.ours) return;
  moved(key.issue, before.state, before.attempts, delivery.state, delivery.attempts);
  if (const auto why = refusals_.note(key.issue, attempt.outcome); !why.empty())
    pause(key.issue, why, attempt.ended);
  settle_at_end(key.issue, attempt.ended);
}

bool SqliteQueue::change(std::string_view sql, const Claim& claim, const queue::Next& next,
                         std::optional<std::int64_t> number_too) {
  auto update = database_.prepare(sql);
  update.bind(number(next.delivery.state))
      .bind(next.due)
      .bind(static_cast<std::int64_t>(next.delivery.attempts))
      .bind(static_cast<std::int64_t>(next.delivery.resends))
      .bind(next.delivery.first_try);
  bind_key(update, claim.key);
  if (number_too) update.bind(*number_too);
  return update.run() > 0;
}

/// The attempt with its number: one more than were judged, but where others came between.
void SqliteQueue::note(const Claim& claim, const queue::Attempt& attempt) {
  constexpr std::string_view values = "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
  static const auto insert = "INSERT INTO attempts VALUES (?1, ?2, ?3, ?14, " +
                             std::string(values) + " ON CONFLICT DO NOTHING";
  static const auto insert_last =
      "INSERT INTO attempts VALUES (?1, ?2, ?3, ?14 + (SELECT max(number) FROM attempts WHERE "
      "issue_id = ?1 AND subscriber_id = ?2 AND notice = ?3), " +
      std::string(values);
  const auto run = [&](const std::string& sql, std::int64_t number) {
    const auto& [kind, scope, reply, peer] = attempt.outcome;
    return database_.prepare(sql)
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
        .bind(number)
        .run();
  };
  if (run(insert, claim.attempts + 1) == 0) run(insert_last, 1);
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
  if (wanted) waits(key, before->group, due);
  moved(key.issue, before->state, before->attempts, state, before->attempts);
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
