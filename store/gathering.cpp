#include "store/gathering.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "store/sums.h"

namespace postrider::store {

namespace {

// What is being thrown away is marked, so that nobody takes it for a beginning.
constexpr std::int64_t discarded = -1;

struct Progress {
  std::int64_t domains_to;
  std::int64_t readers_to;
};

std::optional<Progress> progress_of(Database& database, IssueId issue) {
  auto query = database.prepare("SELECT domains_to, readers_to FROM freezes WHERE issue_id = ?");
  query.bind(issue.value);
  if (!query.step()) return {};
  return Progress{query.integer(0), query.integer(1)};
}

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

}  // namespace

bool Gathering::step(const std::set<std::string>& paced_domains, Instant now) {
  auto progress = progress_of(database_, issue_.id);
  if (progress && (progress->readers_to == discarded ||
                   gathered_lists(database_, issue_.id) != lists_of(database_, issue_))) {
    if (!discard()) return false;
    progress.reset();
  }
  if (!progress) {
    begin(paced_domains);
    progress = Progress{0, 0};
  }
  if (!look_at_domains(progress->domains_to)) return false;
  const auto touched = place_touched(now);
  const auto most = gathered_at_once - touched;
  const bool complete = place_readers(progress->readers_to, most, now) < most;
  write_counts();
  return complete;
}

void Gathering::begin(const std::set<std::string>& paced_domains) {
  database_.prepare("INSERT INTO freezes (issue_id) VALUES (?)").bind(issue_.id.value).run();
  std::int64_t rank = 0;
  for (const auto list : lists_of(database_, issue_))
    database_.prepare("INSERT INTO freeze_lists (issue_id, rank, list_id) VALUES (?, ?, ?)")
        .bind(issue_.id.value)
        .bind(rank++)
        .bind(list)
        .run();
  for (const auto& name : paced_domains)
    database_.prepare("INSERT INTO freeze_groups SELECT ?, id FROM domains WHERE name = ?")
        .bind(issue_.id.value)
        .bind(name)
        .run();
}

/// True: all of them have been looked at.
bool Gathering::look_at_domains(std::int64_t from) {
  std::int64_t to = 0;
  {
    auto query = database_.prepare(
        "SELECT max(id), count(*) FROM (SELECT id FROM domains WHERE id > ? ORDER BY id LIMIT ?)");
    query.bind(from).bind(gathered_at_once);
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

/// Those who were placed and have changed since. How many there were.
std::int64_t Gathering::place_touched(Instant now) {
  struct Touched {
    std::int64_t subscriber, was;
  };
  std::vector<Touched> touched;
  {
    auto query = database_.prepare(
        "SELECT subscriber_id, was FROM freeze_touched WHERE issue_id = ? LIMIT ?");
    query.bind(issue_.id.value).bind(gathered_at_once);
    while (query.step()) touched.push_back({query.integer(0), query.integer(1)});
  }
  for (const auto& [subscriber, was] : touched) {
    count(was, -1);
    database_.prepare("DELETE FROM deliveries WHERE issue_id = ? AND subscriber_id = ?")
        .bind(issue_.id.value)
        .bind(subscriber)
        .run();
    place(look_up(subscriber), now);
    database_.prepare("DELETE FROM freeze_touched WHERE issue_id = ? AND subscriber_id = ?")
        .bind(issue_.id.value)
        .bind(subscriber)
        .run();
  }
  return static_cast<std::int64_t>(touched.size());
}

Gathering::Reader Gathering::look_up(std::int64_t subscriber) {
  auto query = database_.prepare(
      "SELECT standing, pacing_group FROM freeze_standings WHERE issue_id = ? AND "
      "subscriber_id = ?");
  query.bind(issue_.id.value).bind(subscriber);
  if (!query.step()) return {subscriber, 0, 0};
  return {subscriber, query.integer(0), query.integer(1)};
}

/// The next ones. How many there were.
std::int64_t Gathering::place_readers(std::int64_t from, std::int64_t most, Instant now) {
  std::int64_t readers = 0;
  std::int64_t to = 0;
  {
    auto query = database_.prepare(
        "SELECT count(*), max(id) FROM (SELECT id FROM subscribers WHERE id > ? ORDER BY id "
        "LIMIT ?)");
    query.bind(from).bind(most);
    query.step();
    readers = query.integer(0);
    to = query.integer(1);
  }
  if (readers == 0) return 0;
  // LIMIT -1: otherwise each standing would be looked up twice.
  const auto audience =
      database_
          .prepare(
              "INSERT INTO deliveries (issue_id, subscriber_id, list_id, pacing_group, due) "
              "SELECT ?1, subscriber_id, standing, pacing_group, ?4 FROM (SELECT subscriber_id, "
              "standing, pacing_group FROM freeze_standings WHERE issue_id = ?1 AND "
              "subscriber_id > ?2 AND subscriber_id <= ?3 LIMIT -1) WHERE standing > 0")
          .bind(issue_.id.value)
          .bind(from)
          .bind(to)
          .bind(now)
          .run();
  count(1, audience);
  if (audience < readers) count_excluded(from, to);
  database_
      .prepare(
          "INSERT INTO issue_groups SELECT DISTINCT issue_id, pacing_group FROM deliveries WHERE "
          "issue_id = ? AND subscriber_id > ? AND subscriber_id <= ? ON CONFLICT DO NOTHING")
      .bind(issue_.id.value)
      .bind(from)
      .bind(to)
      .run();
  database_.prepare("UPDATE freezes SET readers_to = ? WHERE issue_id = ?")
      .bind(to)
      .bind(issue_.id.value)
      .run();
  return readers;
}

void Gathering::count_excluded(std::int64_t from, std::int64_t to) {
  auto query = database_.prepare(
      "SELECT standing, count(*) FROM freeze_standings v WHERE issue_id = ?1 AND "
      "subscriber_id > ?2 AND subscriber_id <= ?3 AND NOT EXISTS (SELECT 1 FROM deliveries d "
      "WHERE d.issue_id = ?1 AND d.subscriber_id = v.subscriber_id) GROUP BY standing");
  query.bind(issue_.id.value).bind(from).bind(to);
  while (query.step()) count(query.integer(0), query.integer(1));
}

void Gathering::place(const Reader& reader, Instant now) {
  count(reader.standing, 1);
  if (reader.standing <= 0) return;
  database_
      .prepare(
          "INSERT INTO deliveries (issue_id, subscriber_id, list_id, pacing_group, due) "
          "VALUES (?, ?, ?, ?, ?)")
      .bind(issue_.id.value)
      .bind(reader.id)
      .bind(reader.standing)
      .bind(reader.pacing_group)
      .bind(now)
      .run();
  database_
      .prepare(
          "INSERT INTO issue_groups (issue_id, pacing_group) VALUES (?, ?) "
          "ON CONFLICT DO NOTHING")
      .bind(issue_.id.value)
      .bind(reader.pacing_group)
      .run();
}

void Gathering::count(std::int64_t standing, std::int64_t readers) {
  if (standing > 0) counts_.audience += readers;
  if (standing == -1) counts_.suppressed += readers;
  if (standing == -2) counts_.unsubscribed += readers;
  if (standing == -3) counts_.unconfirmed += readers;
}

void Gathering::write_counts() {
  if (counts_ == Counts{}) return;  // nothing that would have to reach the disk
  database_
      .prepare(
          "UPDATE freezes SET audience = audience + ?, suppressed = suppressed + ?, "
          "unsubscribed = unsubscribed + ?, unconfirmed = unconfirmed + ? WHERE issue_id = ?")
      .bind(counts_.audience)
      .bind(counts_.suppressed)
      .bind(counts_.unsubscribed)
      .bind(counts_.unconfirmed)
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

void Gathering::finish() {
  for (const auto* reason : {"suppressed", "unsubscribed", "unconfirmed"})
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
  database_.prepare("DELETE FROM issue_groups WHERE issue_id = ?").bind(issue_.id.value).run();
  forget(database_, issue_.id);
  return true;
}

}  // namespace postrider::store
