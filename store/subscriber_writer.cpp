#include "store/subscriber_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/civil_time.h"
#include "store/erased.h"
#include "store/notices.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;

ListRow require_list(Database& database, std::string_view key) {
  auto query = database.prepare("SELECT id FROM lists WHERE key = ?");
  query.bind(key);
  if (!query.step()) throw std::logic_error("no such list: " + std::string(key));
  return {query.integer(0), std::string(key)};
}

std::int64_t domain_id(Database& database, std::string_view name) {
  auto query = database.prepare("SELECT id FROM domains WHERE name = ?");
  if (query.bind(name).step()) return query.integer(0);
  database.prepare("INSERT INTO domains (name) VALUES (?)").bind(name).run();
  return database.last_insert_id();
}

std::int64_t add_evidence(Database& database, std::string_view kind, std::string_view actor,
                          const std::string& detail, Instant now,
                          std::optional<SubscriberId> subscriber) {
  database
      .prepare(
          "INSERT INTO evidence (at, kind, actor, detail, subscriber_id) VALUES (?, ?, ?, ?, ?)")
      .bind(now)
      .bind(kind)
      .bind(actor)
      .bind(detail)
      .bind(subscriber ? std::optional(subscriber->value) : std::nullopt)
      .run();
  return database.last_insert_id();
}

std::string to_json(const Consent& consent) {
  if (consent.empty()) return {};
  auto json = Json::object();
  const auto add = [&json](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  if (consent.opted_in_at) json["opted_in_at"] = rfc3339(*consent.opted_in_at);
  add("opted_in_from", consent.opted_in_from);
  if (consent.confirmed_at) json["confirmed_at"] = rfc3339(*consent.confirmed_at);
  add("confirmed_from", consent.confirmed_from);
  add("how", consent.how);
  add("where", consent.where);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// UidSeries -------------------------------------------------------------------------------------

UidSeries::UidSeries() : uid_(random_uid()) {}

Uid UidSeries::next() {
  if (left_ == 0) {
    fill_random(random_);
    left_ = at_once;
  }
  const auto own = uid_.size() - common_octets;
  std::copy_n(random_.begin() + static_cast<std::ptrdiff_t>(--left_ * own), own,
              uid_.begin() + common_octets);
  return uid_;
}

// SubscriberWriter ------------------------------------------------------------------------------

SubscriberWriter::SubscriberWriter(Database& database, ListRow list,
                                   std::function<std::int64_t(SubscriberId)> evidence,
                                   std::int64_t import, ErasedKeys keys)
    : database_(database),
      list_(std::move(list)),
      evidence_(std::move(evidence)),
      import_(import),
      keys_(std::move(keys)) {}

void SubscriberWriter::begin_step(std::string_view first_canonical,
                                  std::string_view last_canonical) {
  const auto any_in = [&](std::string_view sql) {
    auto query = database_.prepare(sql);
    return query.bind(first_canonical).bind(last_canonical).step();
  };
  all_are_new_ = !any_in("SELECT 1 FROM subscribers WHERE canonical BETWEEN ? AND ? LIMIT 1");
  any_suppressed_ = any_in("SELECT 1 FROM suppressions WHERE canonical BETWEEN ? AND ? LIMIT 1");
  any_erased_ = any_erased(database_);
  domain_.clear();  // an erasure may have taken it
  uids_.reset();
}

KnownReader SubscriberWriter::look_up(std::string_view canonical) {
  KnownReader reader;
  if (!all_are_new_) {
    auto query = database_.prepare(
        "SELECT s.id, s.name, s.attributes, s.language, s.time_zone, n.state, n.since, "
        "n.evidence_id, n.consent, n.joined_at, s.left_all_at, EXISTS (SELECT 1 FROM evidence e "
        "WHERE e.id = n.evidence_id AND e.kind = 'import' AND e.at = n.since) FROM subscribers s "
        "LEFT JOIN subscriptions n ON n.list_id = ? AND n.subscriber_id = s.id "
        "WHERE s.canonical = ?");
    query.bind(list_.id).bind(canonical);
    if (query.step()) {
      reader.id = query.integer(0);
      reader.known.person = {query.text(1), query.text(2), query.text(3), query.text(4)};
      if (!query.is_null(5)) {
        reader.known.subscription = static_cast<SubscriptionState>(query.integer(5));
        reader.known.since = query.instant(6);
        reader.known.since_import = query.integer(11) != 0;
        reader.evidence = query.integer(7);
        reader.consent = query.text(8);
        reader.joined = query.optional_instant(9);
      }
      reader.known.left_all = !query.is_null(10);
    }
  }
  if (reader.id == 0 && any_erased_ && keys_ && any_erased(database_))
    reader.known.erased = ErasedAddresses(database_, keys_()).knows(canonical);
  if (!any_suppressed_) return reader;
  auto query = database_.prepare("SELECT 1 FROM suppressions WHERE canonical = ?");
  reader.known.suppressed = query.bind(canonical).step();
  return reader;
}

std::int64_t SubscriberWriter::write(const KnownReader& reader, const Entry& entry,
                                     std::string_view email, std::string_view canonical,
                                     const Decision& decision, Instant now) {
  auto id = reader.id;
  if (id == 0 && decision.becomes)
    id = insert(email, canonical, decision.person, now);
  else if (decision.rewrites)
    update(id, decision.person);
  if (decision.rewrites) know_attributes(entry);
  if (decision.becomes) subscribe(id, decision, entry.consent);
  if (reader.id != 0 && decision.becomes && decision.becomes != SubscriptionState::pending)
    database_.prepare("DELETE FROM sign_ups WHERE list_id = ? AND subscriber_id = ?")
        .bind(list_.id)
        .bind(id)
        .run();
  if (decision.suppression)
    database_
        .prepare(
            "INSERT INTO suppressions (canonical, reason, at, import_id) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING")
        .bind(canonical)
        .bind(to_string(*decision.suppression))
        .bind(now)
        .bind(import_ == 0 ? std::nullopt : std::optional(import_))
        .run();
  return id;
}

std::int64_t SubscriberWriter::insert(std::string_view email, std::string_view canonical,
                                      const Person& person, Instant now) {
  if (!uids_) uids_.emplace();
  const auto uid = uids_->next();
  const auto domain = domain_id(canonical.substr(0, canonical.find(' ')));
  database_
      .prepare(
          "INSERT INTO subscribers (uid, email, canonical, domain_id, name, attributes, language, "
          "time_zone, created_at, import_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(uid)
      .bind(email)
      .bind(canonical)
      .bind(domain)
      .bind(person.name)
      .bind(person.attributes)
      .bind(person.language)
      .bind(person.time_zone)
      .bind(now)
      .bind(import_ == 0 ? std::nullopt : std::optional(import_))
      .run();
  return database_.last_insert_id();
}

std::int64_t SubscriberWriter::domain_id(std::string_view name) {
  if (name == domain_) return domain_id_;
  domain_id_ = store::domain_id(database_, name);
  domain_ = name;
  return domain_id_;
}

void SubscriberWriter::update(std::int64_t id, const Person& person) {
  database_
      .prepare(
          "UPDATE subscribers SET name = ?, attributes = ?, language = ?, time_zone = ? "
          "WHERE id = ?")
      .bind(person.name)
      .bind(person.attributes)
      .bind(person.language)
      .bind(person.time_zone)
      .bind(id)
      .run();
}

void SubscriberWriter::subscribe(std::int64_t id, const Decision& decision,
                                 const Consent& consent) {
  const auto kept = to_json(consent);
  auto statement = database_.prepare(
      "INSERT INTO subscriptions (list_id, subscriber_id, state, since, joined_at, evidence_id, "
      "consent) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list_id, subscriber_id) DO UPDATE SET "
      "state = excluded.state, since = excluded.since, "
      "joined_at = coalesce(excluded.joined_at, joined_at), evidence_id = excluded.evidence_id, "
      "consent = coalesce(excluded.consent, consent)");
  const bool joins = decision.becomes == SubscriptionState::confirmed;
  statement.bind(list_.id)
      .bind(id)
      .bind(static_cast<std::int64_t>(*decision.becomes))
      .bind(decision.since)
      .bind(joins ? std::optional(decision.since) : std::nullopt)
      .bind(evidence_({id}));
  if (kept.empty())
    statement.bind(std::nullopt);
  else
    statement.bind(std::string_view(kept));
  statement.run();
}

void SubscriberWriter::know_attributes(const Entry& entry) {
  for (const auto& [name, value] : entry.attributes)
    if (known_names_.insert(name).second)
      database_.prepare("INSERT INTO attribute_names VALUES (?) ON CONFLICT DO NOTHING")
          .bind(name)
          .run();
}

}  // namespace postrider::store
