// What the queue gives out: nothing is written here, for a claim is in memory (store/claims.h).
#include <algorithm>

#include "store/sqlite_queue.h"

namespace postrider::store {

using queue::Claimed;
using queue::DeliveryKey;
using queue::DeliveryState;
using queue::IssueState;

namespace {

constexpr int most_looked_at = 5000;  // notices of one rank that were held up, in one claim
constexpr std::size_t a_turn = 64;    // deliveries of one group before the next one has its turn

// Before all that there is.
constexpr Instant at_first = Instant::min();

}  // namespace

/// Issues that are being sent and have left their undo window, as they are now: errata, for which
/// people wait, then the oldest. The groups of one
/// are read from its rows where it is new here or its revision is; else what this queue does keeps
/// them right.
void SqliteQueue::look_at_issues(Instant now) {
  std::vector<UnderWay> sending;
  {
    auto query = database_.prepare(
        "SELECT id, revision, version FROM issues WHERE state = ? "
        "AND (undo_until IS NULL OR undo_until <= ?) ORDER BY NOT EXISTS (SELECT 1 FROM errata e "
        "WHERE e.issue_id = issues.id), started_at, id");
    query.bind(static_cast<std::int64_t>(IssueState::sending)).bind(now);
    while (query.step())
      sending.push_back(
          {{query.integer(0)}, query.integer(1), static_cast<int>(query.integer(2)), {}, {}});
  }
  for (auto& issue : sending) {
    const auto known = std::find_if(under_way_.begin(), under_way_.end(), [&](const auto& each) {
      return each.id == issue.id && each.revision == issue.revision;
    });
    const auto version = issue.version;
    issue = known == under_way_.end() ? load(issue.id, issue.revision) : std::move(*known);
    issue.version = version;
  }
  under_way_ = std::move(sending);
}

SqliteQueue::UnderWay SqliteQueue::load(IssueId issue, std::int64_t revision) {
  UnderWay loaded{issue, revision, 0, {}, {}};
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
    if (const auto due = next_due(issue, group, at_first)) loaded.turns.due(group, *due);
  return loaded;
}

std::optional<Instant> SqliteQueue::next_due(IssueId issue, GroupId group, Instant after) {
  auto query = database_.prepare(
      "SELECT min(due) FROM deliveries WHERE issue_id = ? AND pacing_group = ? AND due > ? "
      "AND state IN (0, 7) AND due IS NOT NULL");
  query.bind(issue.value).bind(group.value).bind(after).step();
  return query.optional_instant(0);
}

void SqliteQueue::waits(const DeliveryKey& key) {
  const auto issue = std::find_if(under_way_.begin(), under_way_.end(),
                                  [&](const auto& each) { return each.id == key.issue; });
  if (key.notice != 0 || issue == under_way_.end()) return;
  auto query = database_.prepare(
      "SELECT pacing_group, due FROM deliveries WHERE issue_id = ? AND subscriber_id = ? "
      "AND state IN (0, 7) AND due IS NOT NULL");
  query.bind(key.issue.value).bind(key.subscriber.value);
  if (!query.step()) return;
  const GroupId group{query.integer(0)};
  const auto due = query.instant(1);
  issue->turns.due(group, due);
  const auto position = issue->positions.find(group);
  if (position == issue->positions.end()) return;
  position->second = std::min(position->second, {due, {key.subscriber.value - 1}});
}

queue::Taken SqliteQueue::claim(Instant now, std::size_t most, queue::Gate& gate) {
  queue::Taken taken;
  if (holds_back_) return taken;
  look_at_issues(now);
  take_notices(now, most, gate, taken);
  for (auto& issue : under_way_)
    if (taken.claimed.size() < most) claim_of(issue, now, most, gate, taken.claimed);
  if (taken.claimed.size() >= most)
    taken.again = now;
  else if (const auto next = next_time(now); next && (!taken.again || *next < *taken.again))
    taken.again = next;
  return taken;
}

queue::Taken SqliteQueue::claim_notices(Instant now, std::size_t most, queue::Gate& gate) {
  queue::Taken taken;
  if (!holds_back_) take_notices(now, most, gate, taken);
  if (taken.claimed.size() >= most) taken.again = now;
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
    } else if (const auto got = claim_deliveries(issue, group, now, wanted, claimed);
               got == wanted) {
      turns.again(group);
      gate.took(group, got);
      idle = 0;
    } else {
      // All that is due by now is held.
      if (const auto due = next_due(issue.id, group, now)) turns.due(group, *due);
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

std::size_t SqliteQueue::claim_deliveries(UnderWay& issue, GroupId group, Instant now,
                                          std::size_t most, std::vector<Claimed>& claimed) {
  auto& position = issue.positions.try_emplace(group, Position{at_first, {0}}).first->second;
  auto query = database_.prepare(
      "SELECT d.issue_id, d.subscriber_id, 0, d.attempts, d.resends, d.first_try, d.list_id, "
      "s.uid, s.email, s.name, s.attributes, d.state, d.due FROM deliveries d "
      "CROSS JOIN subscribers s ON s.id = d.subscriber_id "
      "WHERE d.issue_id = ? AND d.pacing_group = ? AND d.due <= ? "
      "AND (d.due, d.subscriber_id) > (?, ?) AND d.state IN (0, 7) AND d.due IS NOT NULL "
      "ORDER BY d.due, d.subscriber_id");
  query.bind(issue.id.value)
      .bind(group.value)
      .bind(now)
      .bind(position.due)
      .bind(position.subscriber.value);
  std::size_t got = 0;
  while (got < most && query.step()) {
    position = {query.instant(12), {query.integer(1)}};
    if (claims_.holds({issue.id, position.subscriber})) continue;
    auto& one = claimed.emplace_back(read_claimed(query));
    one.group = group;
    one.version = issue.version;
    one.number = claims_.take(one.key, static_cast<DeliveryState>(query.integer(11)));
    ++got;
  }
  return got;
}

void SqliteQueue::take_notices(Instant now, std::size_t most, queue::Gate& gate,
                               queue::Taken& taken) {
  // Those that somebody waits for, then those that may wait.
  for (const std::int64_t rank : {0, 1}) take_notices(rank, now, most, gate, taken);
}

/// Few at any time; of their domains only those with settings of their own hold them up.
void SqliteQueue::take_notices(std::int64_t rank, Instant now, std::size_t most, queue::Gate& gate,
                               queue::Taken& taken) {
  auto query = database_.prepare(
      "SELECT coalesce(n.issue_id, 0), coalesce(n.subscriber_id, 0), n.id, n.attempts, n.resends, "
      "n.first_try, coalesce(n.list_id, 0), coalesce(s.uid, zeroblob(16)), "
      "coalesce(n.address, s.email), coalesce(s.name, ''), coalesce(s.attributes, '{}'), d.id, "
      "d.name, n.state, n.kind, n.uid, CASE n.language WHEN '' THEN coalesce(s.language, '') "
      "ELSE n.language END, n.detail, CASE n.kind WHEN 'resend' THEN "
      "(SELECT version FROM issues WHERE id = n.issue_id) ELSE 0 END FROM notices n "
      "LEFT JOIN subscribers s ON s.id = n.subscriber_id "
      "JOIN domains d ON d.id = coalesce(n.domain_id, s.domain_id) "
      "WHERE n.rank = ? AND n.due <= ? AND n.state IN (0, 7) AND n.due IS NOT NULL "
      "ORDER BY n.due");
  query.bind(rank).bind(now);
  for (int held_up = 0; taken.claimed.size() < most && held_up < most_looked_at && query.step();) {
    auto notice = read_claimed(query);
    if (claims_.holds(notice.key)) continue;
    auto domain = query.text(12);
    if (paced_.contains(domain))
      notice.group = {query.integer(11)};
    else
      domain.clear();
    if (const auto room = gate.room(notice.group, domain); room.most == 0) {
      if (room.again && (!taken.again || *room.again < *taken.again)) taken.again = room.again;
      ++held_up;
      continue;
    }
    notice.notice = std::make_shared<queue::Notice>(queue::notice_kind(query.view(14)).value(),
                                                    static_cast<std::uint64_t>(query.integer(15)),
                                                    query.text(16), query.text(17));
    notice.version = static_cast<int>(query.integer(18));
    notice.number = claims_.take(notice.key, static_cast<DeliveryState>(query.integer(13)));
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
  constexpr std::string_view sql =
      "SELECT min(due) FROM notices WHERE rank = ? AND state IN (0, 7) AND due IS NOT NULL "
      "AND due > ?";
  for (const std::int64_t rank : {0, 1}) {
    auto of_rank = database_.prepare(sql);
    of_rank.bind(rank).bind(now).step();
    add(of_rank.optional_instant(0));
  }
  auto undo =
      database_.prepare("SELECT min(undo_until) FROM issues WHERE state = ? AND undo_until > ?");
  undo.bind(static_cast<std::int64_t>(IssueState::sending)).bind(now).step();
  add(undo.optional_instant(0));
  return next;
}

}  // namespace postrider::store
