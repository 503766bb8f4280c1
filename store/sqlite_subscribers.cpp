#include "store/sqlite_subscribers.h"

#include <nlohmann/json.hpp>

#include "mail/address.h"
#include "store/importing.h"
#include "store/sign_ups.h"
#include "store/subscriber_filter.h"
#include "store/suppressions.h"
#include "subscribers/registration.h"

namespace postrider::store {

using namespace postrider::subscribers;

namespace {

void note_event(Database& database, std::string_view kind, std::string_view actor,
                std::string_view detail, std::optional<std::int64_t> subscriber, Instant now) {
  database
      .prepare("INSERT INTO events (at, kind, actor, detail, subscriber_id) VALUES (?, ?, ?, ?, ?)")
      .bind(now)
      .bind(kind)
      .bind(actor)
      .bind(detail)
      .bind(subscriber)
      .run();
}

}  // namespace

Result<Added> SqliteSubscribers::add(const Entry& entry, std::string_view list,
                                     const subscribers::Actor& actor, Instant now) {
  const auto address = admit(entry);
  if (!address) return fail(address.error().detail);
  auto result = Added::unchanged;
  database_.transact([&] {
    const auto row = require_list(database_, list);
    const auto detail = nlohmann::json{{"list", row.key}}.dump();
    std::int64_t evidence = 0;
    const auto make_evidence = [&](SubscriberId subscriber) {
      return evidence = add_evidence(database_, "operator", actor.name, detail, now, subscriber);
    };
    SubscriberWriter writer(database_, row, make_evidence, 0, keys_);
    const auto canonical = address->canonical();
    const auto known = writer.look_up(canonical);
    const auto decision = decide(known.known, entry, now);
    result = decision.result;
    if (result != Added::added && result != Added::updated) return;
    const auto email = address->str();
    const auto id = writer.write(known, entry, email, canonical, decision, now);
    const bool asks = decision.becomes == SubscriptionState::pending;
    if (asks) ask_pending(database_, id, row, evidence, now, now, false);
    if (result == Added::added)
      note_event(database_, asks ? "subscriber.asked" : "subscriber.confirmed", actor.name,
                 "added to " + row.key, id, now);
    else
      note_event(database_, "subscriber.updated", actor.name,
                 told_change(known.known.person, decision.person), id, now);
  });
  return result;
}

Result<ImportSummary> SqliteSubscribers::import(const Reading& reading, const ImportOrder& order,
                                                Instant now) {
  return Importing(database_, order, now, keys_).run(reading);
}

std::vector<ImportRecord> SqliteSubscribers::imports() { return store::imports(database_); }

Result<UndoSummary> SqliteSubscribers::undo(std::int64_t import, const subscribers::Actor& actor,
                                            Instant now, const UndoOrder& order) {
  return undo_import(database_, import, actor.name, now, order);
}

namespace {

constexpr std::string_view subscriber_columns =
    "SELECT s.id, s.uid, s.email, s.name, s.attributes, s.created_at, "
    "(SELECT x.reason FROM suppressions x WHERE x.canonical = s.canonical), s.canonical, "
    "s.language, s.time_zone, s.paused_until, s.left_all_at "
    "FROM subscribers s ";

Subscriber read_subscriber(const Statement& query) {
  Subscriber subscriber;
  subscriber.id = {query.integer(0)};
  subscriber.uid = query.uid(1);
  subscriber.email = query.text(2);
  subscriber.name = query.text(3);
  subscriber.attributes = query.text(4);
  subscriber.created_at = query.instant(5);
  if (!query.is_null(6)) subscriber.suppressed = reason_of(query.view(6));
  subscriber.language = query.text(8);
  subscriber.time_zone = query.text(9);
  subscriber.paused_until = query.optional_instant(10);
  subscriber.left_all_at = query.optional_instant(11);
  return subscriber;
}

void add_subscriptions(Database& database, Subscriber& subscriber) {
  auto query = database.prepare(
      "SELECT l.key, n.state, n.since, "
      "coalesce(e.kind || ' of ' || (e.detail ->> 'source'), e.kind, ''), coalesce(n.consent, '') "
      "FROM subscriptions n "
      "JOIN lists l ON l.id = n.list_id LEFT JOIN evidence e ON e.id = n.evidence_id "
      "WHERE n.subscriber_id = ? ORDER BY l.id");
  query.bind(subscriber.id.value);
  while (query.step())
    subscriber.subscriptions.push_back({query.text(0),
                                        static_cast<SubscriptionState>(query.integer(1)),
                                        query.instant(2), query.text(3), query.text(4)});
}

std::optional<Subscriber> only_subscriber(Database& database, Statement& query) {
  if (!query.step()) return {};
  auto subscriber = read_subscriber(query);
  add_subscriptions(database, subscriber);
  return subscriber;
}

}  // namespace

std::optional<Subscriber> SqliteSubscribers::find(std::string_view email) {
  const auto address = mail::parse_address(email);
  if (!address) return {};
  const auto canonical = address->canonical();
  auto query = database_.prepare(std::string(subscriber_columns) + "WHERE s.canonical = ?");
  query.bind(canonical);
  return only_subscriber(database_, query);
}

std::optional<Subscriber> SqliteSubscribers::find(const Uid& uid) {
  auto query = database_.prepare(std::string(subscriber_columns) + "WHERE s.uid = ?");
  query.bind(uid);
  return only_subscriber(database_, query);
}

std::int64_t SqliteSubscribers::count(const ListFilter& filter) {
  const auto condition = filter_condition(database_, filter, "s");
  auto query = database_.prepare_once("SELECT count(*) FROM subscribers s WHERE " + condition.sql);
  condition.bind(query);
  query.step();
  return query.integer(0);
}

namespace {

constexpr std::int64_t looked_at_once = 2000;

/// The last address of those that are looked at next; nothing: there are no more.
std::optional<std::string> end_of_page(Database& database, const std::string& from) {
  auto query = database.prepare(
      "SELECT max(canonical) FROM (SELECT canonical FROM subscribers WHERE canonical > ? "
      "ORDER BY canonical LIMIT ?)");
  query.bind(from).bind(looked_at_once);
  query.step();
  return query.is_null(0) ? std::nullopt : std::optional(query.text(0));
}

}  // namespace

void SqliteSubscribers::each(const ListFilter& filter,
                             const std::function<void(const Subscriber&)>& visit) {
  const auto condition = filter_condition(database_, filter, "s");
  const auto sql = std::string(subscriber_columns) +
                   "WHERE s.canonical > ? AND s.canonical <= ? AND " + condition.sql +
                   " ORDER BY s.canonical";
  std::string from;
  while (const auto to = end_of_page(database_, from)) {
    std::vector<Subscriber> page;
    {
      auto query = database_.prepare(sql);
      query.bind(from).bind(*to);
      condition.bind(query);
      while (query.step()) page.push_back(read_subscriber(query));
    }
    for (auto& subscriber : page) {
      add_subscriptions(database_, subscriber);
      visit(subscriber);
    }
    from = *to;
  }
}

std::set<std::string> SqliteSubscribers::attribute_names() {
  std::set<std::string> names;
  auto query = database_.prepare("SELECT name FROM attribute_names");
  while (query.step()) names.insert(query.text(0));
  return names;
}

}  // namespace postrider::store
