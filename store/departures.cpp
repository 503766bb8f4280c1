#include "store/departures.h"

#include <vector>

#include "base/text.h"
#include "store/ledger.h"

namespace postrider::store {

using subscribers::SubscriptionState;
using subscribers::WayBack;

namespace {

struct Left {
  std::int64_t list;
  std::string key;
};

std::optional<SubscriberId> find_reader(Database& database, const Uid& uid) {
  auto query = database.prepare("SELECT id FROM subscribers WHERE uid = ?");
  if (!query.bind(uid).step()) return {};
  return SubscriberId{query.integer(0)};
}

/// The lists that the statement names, in columns 0 (row) and 1 (key).
std::vector<Left> lists_of(Statement& query) {
  std::vector<Left> lists;
  while (query.step()) lists.push_back({query.integer(0), query.text(1)});
  return lists;
}

/// Left in that second as confirmed, with nothing since. A pending one has lost its sign-up, so
/// that nothing would ever confirm or end it.
std::vector<Left> lists_to_return_to(Database& database, SubscriberId reader, std::uint64_t list,
                                     std::chrono::sys_seconds left_at) {
  auto query = database.prepare(
      "SELECT l.id, l.key FROM subscriptions n JOIN lists l ON l.id = n.list_id "
      "JOIN subscribers s ON s.id = n.subscriber_id "
      "WHERE n.subscriber_id = ?1 AND n.state = 2 AND n.left_at = n.since AND n.left_state = 1 "
      "AND (?2 = 0 OR l.uid = ?2) AND n.left_at / 1000 = ?3 "
      "AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.canonical = s.canonical)");
  query.bind(reader.value)
      .bind(static_cast<std::int64_t>(list))
      .bind(static_cast<std::int64_t>(left_at.time_since_epoch().count()));
  return lists_of(query);
}

/// That list, or (0) all of them, of those that can be left.
std::vector<Left> lists_to_leave(Database& database, SubscriberId reader, std::uint64_t list) {
  auto query = database.prepare(
      "SELECT l.id, l.key FROM subscriptions n JOIN lists l ON l.id = n.list_id "
      "WHERE n.subscriber_id = ?1 AND (?2 = 0 OR l.uid = ?2) AND " +
      std::string(can_be_left));
  query.bind(reader.value).bind(static_cast<std::int64_t>(list));
  return lists_of(query);
}

/// What was before is kept, where they had not left.
void end_subscription(Database& database, SubscriberId reader, std::int64_t list, Instant now) {
  database
      .prepare(
          "UPDATE subscriptions SET left_at = CASE state WHEN 2 THEN left_at ELSE ?1 END, "
          "left_state = CASE state WHEN 2 THEN left_state ELSE state END, "
          "left_since = CASE state WHEN 2 THEN left_since ELSE since END, state = 2, since = ?1 "
          "WHERE list_id = ?2 AND subscriber_id = ?3")
      .bind(now)
      .bind(list)
      .bind(reader.value)
      .run();
}

/// Of a list that knows nothing of the reader any more, since their import was taken back: it
/// knows now that they have left, so that the next import finds it. Empty: it knew something.
std::vector<Left> keep_off(Database& database, SubscriberId reader, std::uint64_t list,
                           Instant now) {
  const auto uid = static_cast<std::int64_t>(list);
  const bool is_new = database
                          .prepare(
                              "INSERT INTO subscriptions (list_id, subscriber_id, state, since) "
                              "SELECT id, ?, 2, ? FROM lists WHERE uid = ? ON CONFLICT DO NOTHING")
                          .bind(reader.value)
                          .bind(now)
                          .bind(uid)
                          .run() > 0;
  if (!is_new) return {};
  auto query = database.prepare("SELECT id, key FROM lists WHERE uid = ?");
  query.bind(uid);
  return lists_of(query);
}

std::string names_of(const std::vector<Left>& lists) {
  std::vector<std::string> keys;
  for (const auto& list : lists) keys.push_back(list.key);
  return join(keys, ", ");
}

}  // namespace

std::optional<Membership> Departures::find(const Uid& reader, std::uint64_t list) {
  auto query = database_.prepare(
      "SELECT s.id, l.id, l.key, s.language, n.state, "
      "(SELECT max(o.left_at) FROM subscriptions o WHERE o.subscriber_id = s.id "
      "AND o.left_at = n.since AND o.left_state = 1 AND n.state = 2 AND n.left_at = n.since), "
      "(SELECT count(*) FROM subscriptions o WHERE o.subscriber_id = s.id "
      "AND o.left_at = n.since AND n.state = 2 AND n.left_at = n.since), "
      "(SELECT count(*) FROM subscriptions o WHERE o.subscriber_id = s.id AND o.list_id <> l.id "
      "AND o.state <> 2) "
      "FROM subscribers s CROSS JOIN lists l "
      "LEFT JOIN subscriptions n ON n.list_id = l.id AND n.subscriber_id = s.id WHERE s.uid = ? "
      "AND l.uid = ?");
  query.bind(reader).bind(static_cast<std::int64_t>(list));
  if (!query.step()) return {};
  Membership found{{query.integer(0)}, {query.integer(1)}, query.text(2), query.text(3), {}, {}};
  if (!query.is_null(4)) found.state = static_cast<SubscriptionState>(query.integer(4));
  found.left_at = query.optional_instant(5);
  found.left_together = static_cast<int>(query.integer(6));
  found.other_lists = static_cast<int>(query.integer(7));
  return found;
}

void Departures::leave(const Departure& departure, Instant now) {
  database_.transact([&] {
    const auto reader = find_reader(database_, departure.reader);
    if (!reader) return;
    auto lists = lists_to_leave(database_, *reader, departure.list);
    Ledger ledger(database_);
    const bool leaves_all = departure.list == 0 && ledger.leave_all(*reader, now);
    if (lists.empty() && !leaves_all) lists = keep_off(database_, *reader, departure.list, now);
    if (lists.empty() && !leaves_all) return;
    for (const auto& list : lists) {
      end_subscription(database_, *reader, list.list, now);
      ledger.call_off(*reader, {list.list}, now);
    }
    ledger.note_event("subscriber.unsubscribed",
                      std::string(departure.way) + ": " +
                          (lists.empty() ? "all lists" : names_of(lists)) +
                          (departure.reason.empty() ? "" : "; reason: " + departure.reason),
                      "reader", now, ledger.find_issue_by_uid(departure.issue), reader);
  });
}

std::optional<Returning> Departures::find_return(const Uid& uid, std::uint64_t list,
                                                 std::chrono::sys_seconds left_at) {
  const auto reader = find_reader(database_, uid);
  if (!reader) return {};
  Returning returning;
  {
    auto query = database_.prepare(
        "SELECT language, EXISTS (SELECT 1 FROM subscriptions n JOIN lists l ON l.id = n.list_id "
        "WHERE n.subscriber_id = s.id AND (?2 = 0 OR l.uid = ?2) AND n.state <> 2) "
        "FROM subscribers s WHERE id = ?1");
    query.bind(reader->value).bind(static_cast<std::int64_t>(list)).step();
    returning.language = query.text(0);
    if (query.integer(1) != 0) returning.way = WayBack::taken;
  }
  if (!lists_to_return_to(database_, *reader, list, left_at).empty()) returning.way = WayBack::open;
  return returning;
}

void Departures::come_back(const Uid& uid, std::uint64_t list, std::chrono::sys_seconds left_at,
                           Instant now) {
  database_.transact([&] {
    const auto reader = find_reader(database_, uid);
    if (!reader) return;
    const auto lists = lists_to_return_to(database_, *reader, list, left_at);
    if (lists.empty()) return;
    for (const auto& one : lists)
      database_
          .prepare(
              "UPDATE subscriptions SET state = left_state, since = left_since, left_at = NULL, "
              "left_state = NULL, left_since = NULL WHERE subscriber_id = ? AND list_id = ?")
          .bind(reader->value)
          .bind(one.list)
          .run();
    if (list == 0)
      database_.prepare("UPDATE subscribers SET left_all_at = NULL WHERE id = ?")
          .bind(reader->value)
          .run();
    Ledger(database_).note_event("subscriber.resubscribed", "took leaving back: " + names_of(lists),
                                 "reader", now, {}, reader);
  });
}

}  // namespace postrider::store
