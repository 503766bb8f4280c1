#include "store/gathering.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/sums.h"

namespace postrider::store {

namespace {

// Columns of freezes.
constexpr const char* excluded_reasons[] = {"suppressed", "unsubscribed", "unconfirmed", "paused",
                                            "segment"};

constexpr std::int64_t outside = -5;  // a standing: could be mailed, but is not in the segment

// What is being thrown away is marked, so that nobody takes it for a beginning.
constexpr std::int64_t discarded = -1;

// One who has changed takes about as long as so many who are placed for the first time.
constexpr std::int64_t readers_for_one_change = 10;

std::vector<std::int64_t> numbers(Statement& query) {
  std::vector<std::int64_t> all;
  while (query.step()) all.push_back(query.integer(0));
  return all;
}

std::vector<std::int64_t> gathered_lists(Database& database, IssueId issue) {
  auto query =
      database.prepare("SELECT list_id FROM freeze_lists WHERE issue_id = ? ORDER BY rank");
  query.bind(issue.value);
  return numbers(query);
}

std::vector<std::int64_t> lists_of(Database& database, const queue::Issue& issue) {
  auto query = database.prepare(
      "SELECT l.id FROM issues i, json_each(i.lists) j JOIN lists l ON l.key = j.value "
      "WHERE i.id = ? ORDER BY j.key");
  query.bind(issue.id.value);
  return numbers(query);
}

std::optional<Condition> condition_of(const AudienceOrder& order, const queue::Issue& issue) {
  if (!order.segment) return {};
  return segment_condition(order.segment->tree, "s", issue.lists);
}

/// Equal for what says the same of the same readers.
std::string hash_of(const std::optional<Condition>& condition) {
  if (!condition) return {};
  std::string all = condition->sql;
  for (const auto& value : condition->values)
    std::visit([&all](const auto& any) { all += "\n" + nlohmann::json(any).dump(); }, value);
  return hex(sha256(all));
}

}  // namespace

Gathering::Gathering(Database& database, const queue::Issue& issue, const AudienceOrder& order)
    : database_(database), issue_(issue), order_(order), condition_(condition_of(order, issue)) {
  if (const auto at = issue.local_at()) zones_.emplace(database, issue.id, *at, order);
}

std::optional<Gathering::Progress> Gathering::progress() {
  auto query = database_.prepare(
      "SELECT domains_to, readers_to, condition, local_hour FROM freezes WHERE issue_id = ?");
  query.bind(issue_.id.value);
  if (!query.step()) return {};
  return Progress{query.integer(0), query.integer(1), query.text(2), query.text(3)};
}

bool Gathering::step(std::int64_t most, Instant now) {
  auto progress = this->progress();
  if (progress && is_for_another(*progress, now)) {
    if (!discard()) return false;
    progress.reset();
  }
  if (!progress) {
    begin(now);
    progress = Progress{};
  }
  if (zones_) zones_->extend(now);
  if (!look_at_domains(progress->domains_to, most)) return false;
  const auto changed = std::max<std::int64_t>(most / readers_for_one_change, 1);
  if (!note_ended_pauses(changed, now)) return false;
  const auto due = zones_ ? zones_->home_due(now) : now;
  const auto placed = place_touched(changed, due);
  const auto left = std::max<std::int64_t>(most - placed * readers_for_one_change, 1);
  const bool complete = placed < changed && place_readers(progress->readers_to, left, due);
  write_counts();
  return complete;
}

bool Gathering::is_for_another(const Progress& progress, Instant now) {
  return progress.readers_to == discarded || progress.condition != hash_of(condition_) ||
         progress.local_hour != (zones_ ? zones_->described() : "") ||
         (zones_ && zones_->is_stale(now)) ||
         gathered_lists(database_, issue_.id) != lists_of(database_, issue_);
}

void Gathering::begin(Instant now) {
  const auto hash = hash_of(condition_);
  const auto local_hour = zones_ ? zones_->described() : "";
  database_
      .prepare("INSERT INTO freezes (issue_id, as_of, condition, local_hour) VALUES (?, ?, ?, ?)")
      .bind(issue_.id.value)
      .bind(now)
      .bind(hash)
      .bind(local_hour)
      .run();
  std::int64_t rank = 0;
  for (const auto list : lists_of(database_, issue_))
    database_.prepare("INSERT INTO freeze_lists (issue_id, rank, list_id) VALUES (?, ?, ?)")
        .bind(issue_.id.value)
        .bind(rank++)
        .bind(list)
        .run();
  for (const auto& name : order_.paced_domains)
    database_.prepare("INSERT INTO freeze_groups SELECT ?, id FROM domains WHERE name = ?")
        .bind(issue_.id.value)
        .bind(name)
        .run();
}

/// True: all of them have been looked at.
bool Gathering::look_at_domains(std::int64_t from, std::int64_t most) {
  std::int64_t to = 0;
  {
    auto query = database_.prepare(
        "SELECT max(id), count(*) FROM (SELECT id FROM domains WHERE id > ? ORDER BY id LIMIT ?)");
    query.bind(from).bind(most);
    query.step();
    if (query.integer(1) == 0) return true;
    to = query.integer(0);
  }
  database_
      .prepare(
          "INSERT INTO freeze_groups SELECT ?1, d.id FROM domains d WHERE d.id > ?2 AND "
          "d.id <= ?3 AND ?4 = (SELECT count(*) FROM (SELECT 1 FROM subscribers s "
          "WHERE s.canonical > d.name || ' ' AND s.canonical < d.name || '!' LIMIT ?4)) "
          "ON CONFLICT DO NOTHING")
      .bind(issue_.id.value)
      .bind(from)
      .bind(to)
      .bind(readers_of_a_group)
      .run();
  database_.prepare("UPDATE freezes SET domains_to = ? WHERE issue_id = ?")
      .bind(to)
      .bind(issue_.id.value)
      .run();
  return false;
}

/// Of those who were placed as paused and are so no more. True: all of them are noted.
bool Gathering::note_ended_pauses(std::int64_t most, Instant now) {
  std::vector<std::int64_t> ended;
  {
    auto query = database_.prepare(
        "SELECT s.id FROM freezes f CROSS JOIN subscribers s WHERE f.issue_id = ?1 AND "
        "s.paused_until > f.as_of AND s.paused_until <= ?2 AND s.id <= f.readers_to AND NOT EXISTS "
        "(SELECT 1 FROM freeze_touched t WHERE t.issue_id = ?1 AND t.subscriber_id = s.id) LIMIT "
        "?3");
    query.bind(issue_.id.value).bind(now).bind(most);
    ended = numbers(query);
  }
  for (const auto subscriber : ended)
    database_.prepare("INSERT INTO freeze_touch VALUES (?)").bind(subscriber).run();
  if (std::ssize(ended) == most) return false;
  database_
      .prepare(
          "UPDATE freezes SET as_of = ?2 WHERE issue_id = ?1 AND EXISTS (SELECT 1 FROM subscribers "
          "s "
          "WHERE s.paused_until > freezes.as_of AND s.paused_until <= ?2)")
      .bind(issue_.id.value)
      .bind(now)
      .run();
  return true;
}

/// With the condition in it: each is another text.
Statement Gathering::prepare(const std::string& sql) {
  return condition_ ? database_.prepare_once(sql) : database_.prepare(sql);
}

/// The next of those who were placed and have changed since.
std::vector<Gathering::Touched> Gathering::touched(std::int64_t most) {
  // All of them in one statement, since a segment's is long.
  auto query = prepare("SELECT t.subscriber_id, t.was, " + (condition_ ? condition_->sql : "1") +
                       " FROM freeze_touched t LEFT JOIN subscribers s ON s.id = t.subscriber_id "
                       "WHERE t.issue_id = ? LIMIT ?");
  if (condition_) condition_->bind(query);
  query.bind(issue_.id.value).bind(most);
  std::vector<Touched> all;
  while (query.step()) all.push_back({query.integer(0), query.integer(1), query.integer(2) != 0});
  return all;
}

/// How many there were.
std::int64_t Gathering::place_touched(std::int64_t most, Instant due) {
  const auto all = touched(most);
  for (const auto& reader : all) {
    count(reader.was, -1);
    database_.prepare("DELETE FROM deliveries WHERE issue_id = ? AND subscriber_id = ?")
        .bind(issue_.id.value)
        .bind(reader.subscriber)
        .run();
    place(look_up(reader), due);
    database_.prepare("DELETE FROM freeze_touched WHERE issue_id = ? AND subscriber_id = ?")
        .bind(issue_.id.value)
        .bind(reader.subscriber)
        .run();
  }
  return std::ssize(all);
}

Gathering::Reader Gathering::look_up(const Touched& touched) {
  const auto subscriber = touched.subscriber;
  auto query = database_.prepare(
      "SELECT standing, pacing_group FROM freeze_standings WHERE issue_id = ? AND "
      "subscriber_id = ?");
  query.bind(issue_.id.value).bind(subscriber);
  if (!query.step()) return {subscriber, 0, 0};
  const auto standing = query.integer(0);
  return {subscriber, standing > 0 && !touched.in_segment ? outside : standing, query.integer(1)};
}

/// The next ones. True: there are no more.
bool Gathering::place_readers(std::int64_t from, std::int64_t most, Instant due) {
  std::int64_t last = 0;
  {
    auto query = database_.prepare("SELECT max(id) FROM subscribers");
    query.step();
    last = query.integer(0);
  }
  if (from >= last) return true;
  const auto to = std::min(from + most, last);  // hardly an id is missing
  std::int64_t audience = 0;
  std::int64_t subscriptions = 0;
  for (const auto list : gathered_lists(database_, issue_.id)) {
    audience += place_confirmed(list, from, to, due);
    auto query = database_.prepare(
        "SELECT count(*) FROM subscriptions WHERE list_id = ? AND subscriber_id > ? AND "
        "subscriber_id <= ?");
    query.bind(list).bind(from).bind(to);
    query.step();
    subscriptions += query.integer(0);
  }
  count(1, audience);
  if (audience < subscriptions) counts_.segment += count_excluded(from, to) - audience;
  database_.prepare("UPDATE freezes SET readers_to = ? WHERE issue_id = ?")
      .bind(to)
      .bind(issue_.id.value)
      .run();
  return to == last;
}

/// What freeze_standings says, for the list's confirmed readers alone: that goes three times as
/// fast. Those on an earlier list have been placed.
std::int64_t Gathering::place_confirmed(std::int64_t list, std::int64_t from, std::int64_t to,
                                        Instant due) {
  // A reader's zone costs a look into their attributes.
  const std::string_view local =
      "coalesce(z.due, ?5), coalesce(z.zone, 0) FROM subscriptions n CROSS JOIN subscribers s ON "
      "s.id = n.subscriber_id LEFT JOIN issue_zones z ON z.issue_id = ?1 AND z.name = s.zone ";
  const std::string_view at_once =
      "?5, 0 FROM subscriptions n CROSS JOIN subscribers s ON s.id = n.subscriber_id ";
  const std::string_view confirmed =
      "WHERE n.list_id = ?2 AND n.subscriber_id > ?3 AND n.subscriber_id <= ?4 AND n.state = 1 "
      "AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical) "
      "AND (s.paused_until IS NULL OR s.paused_until <= (SELECT as_of FROM freezes WHERE "
      "issue_id = ?1)) ";
  auto insert = prepare(
      "INSERT INTO deliveries (issue_id, subscriber_id, list_id, pacing_group, due, zone) "
      "SELECT ?1, n.subscriber_id, ?2, CASE WHEN s.domain_id IN (SELECT domain_id FROM "
      "freeze_groups WHERE issue_id = ?1) THEN s.domain_id ELSE 0 END, " +
      std::string(zones_ ? local : at_once) + std::string(confirmed) +
      (condition_ ? "AND (" + condition_->sql + ") " : "") + "ON CONFLICT DO NOTHING");
  insert.bind(issue_.id.value).bind(list).bind(from).bind(to).bind(due);
  if (condition_) condition_->bind(insert);
  return insert.run();
}

/// Those on the lists who cannot be mailed, as freeze_standings says it; that is slower. How many
/// there are who can be, in the segment or not.
std::int64_t Gathering::count_excluded(std::int64_t from, std::int64_t to) {
  auto query = database_.prepare(
      "SELECT CASE WHEN EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical) "
      "THEN -1 WHEN NOT c.confirmed THEN iif(c.least = 0, -3, -2) "
      "WHEN s.paused_until > f.as_of THEN -4 ELSE 1 END, count(*) FROM freezes f CROSS JOIN "
      "(SELECT n.subscriber_id, max(n.state = 1) AS confirmed, min(n.state) AS least "
      "FROM freeze_lists l CROSS JOIN subscriptions n ON n.list_id = l.list_id "
      "WHERE l.issue_id = ?1 AND n.subscriber_id > ?2 AND n.subscriber_id <= ?3 GROUP BY 1) c "
      "CROSS JOIN subscribers s ON s.id = c.subscriber_id WHERE f.issue_id = ?1 GROUP BY 1");
  query.bind(issue_.id.value).bind(from).bind(to);
  std::int64_t mailable = 0;
  while (query.step())
    if (query.integer(0) > 0)
      mailable = query.integer(1);
    else
      count(query.integer(0), query.integer(1));
  return mailable;
}

void Gathering::place(const Reader& reader, Instant due) {
  count(reader.standing, 1);
  if (reader.standing <= 0) return;
  database_
      .prepare(
          "INSERT INTO deliveries (issue_id, subscriber_id, list_id, pacing_group, due, zone) "
          "SELECT ?1, s.id, ?3, ?4, coalesce(z.due, ?5), coalesce(z.zone, 0) FROM subscribers s "
          "LEFT JOIN issue_zones z ON z.issue_id = ?1 AND z.name = s.zone WHERE s.id = ?2")
      .bind(issue_.id.value)
      .bind(reader.id)
      .bind(reader.standing)
      .bind(reader.pacing_group)
      .bind(due)
      .run();
}

void Gathering::count(std::int64_t standing, std::int64_t readers) {
  if (standing > 0) counts_.audience += readers;
  if (standing == -1) counts_.suppressed += readers;
  if (standing == -2) counts_.unsubscribed += readers;
  if (standing == -3) counts_.unconfirmed += readers;
  if (standing == -4) counts_.paused += readers;
  if (standing == outside) counts_.segment += readers;
}

void Gathering::write_counts() {
  if (counts_ == Counts{}) return;  // nothing that would have to reach the disk
  database_
      .prepare(
          "UPDATE freezes SET audience = audience + ?, suppressed = suppressed + ?, "
          "unsubscribed = unsubscribed + ?, unconfirmed = unconfirmed + ?, paused = paused + ?, "
          "segment = segment + ? WHERE issue_id = ?")
      .bind(counts_.audience)
      .bind(counts_.suppressed)
      .bind(counts_.unsubscribed)
      .bind(counts_.unconfirmed)
      .bind(counts_.paused)
      .bind(counts_.segment)
      .bind(issue_.id.value)
      .run();
  counts_ = {};
}

namespace {

void forget(Database& database, IssueId issue) {
  for (const auto* sql :
       {"DELETE FROM freeze_touched WHERE issue_id = ?",
        "DELETE FROM freeze_groups WHERE issue_id = ?",
        "DELETE FROM freeze_lists WHERE issue_id = ?", "DELETE FROM freezes WHERE issue_id = ?"})
    database.prepare(sql).bind(issue.value).run();
}

}  // namespace

void Gathering::tell(queue::Issue& issue) {
  auto query = database_.prepare(
      "SELECT audience, suppressed, unsubscribed, unconfirmed, paused, segment FROM freezes "
      "WHERE issue_id = ?");
  query.bind(issue_.id.value);
  if (!query.step()) return;
  issue.sums = {.pending = query.integer(0)};
  int column = 0;
  for (const auto* reason : excluded_reasons)
    if (const auto readers = query.integer(++column); readers > 0) issue.excluded[reason] = readers;
}

void Gathering::finish() {
  database_
      .prepare(
          "INSERT INTO issue_groups (issue_id, pacing_group) SELECT ?1, pacing_group FROM (SELECT "
          "domain_id AS pacing_group FROM freeze_groups WHERE issue_id = ?1 UNION ALL SELECT 0) g "
          "WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.issue_id = ?1 AND "
          "d.pacing_group = g.pacing_group AND d.state IN (0, 7) AND d.due IS NOT NULL)")
      .bind(issue_.id.value)
      .run();
  for (const auto* reason : excluded_reasons)
    database_
        .prepare(std::string("INSERT INTO issue_excluded (issue_id, reason, readers) "
                             "SELECT issue_id, ?1, ") +
                 reason + " FROM freezes WHERE issue_id = ?2 AND " + reason + " > 0")
        .bind(reason)
        .bind(issue_.id.value)
        .run();
  database_
      .prepare(
          "INSERT INTO issue_sums (issue_id, pending) SELECT issue_id, audience FROM freezes "
          "WHERE issue_id = ?")
      .bind(issue_.id.value)
      .run();
  forget(database_, issue_.id);
}

bool Gathering::discard() {
  database_.prepare("UPDATE freezes SET readers_to = ? WHERE issue_id = ?")
      .bind(discarded)
      .bind(issue_.id.value)
      .run();
  const auto deleted =
      database_
          .prepare(
              "DELETE FROM deliveries WHERE issue_id = ?1 AND subscriber_id <= (SELECT "
              "max(subscriber_id) FROM (SELECT subscriber_id FROM deliveries WHERE issue_id = ?1 "
              "ORDER BY subscriber_id LIMIT ?2))")
          .bind(issue_.id.value)
          .bind(gathered_at_once)
          .run();
  if (deleted == gathered_at_once) return false;
  forget_zones(database_, issue_.id);
  forget(database_, issue_.id);
  return true;
}

}  // namespace postrider::store
