#include "store/import_changes.h"

#include <nlohmann/json.hpp>

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;

namespace {

Person person_of(const Json& picture) {
  return {picture.value("name", ""), picture.value("attributes", ""), picture.value("language", ""),
          picture.value("time_zone", "")};
}

/// Nothing: was not on the list.
std::optional<SubscriptionState> state_of(const Json& picture) {
  const auto subscription = picture.find("subscription");
  if (subscription == picture.end() || !subscription->is_object()) return {};
  return static_cast<SubscriptionState>(subscription->value("state", 0));
}

/// Nothing: it said what was known, and stands for it, too.
std::optional<Event> event_of(const ImportedChange& change) {
  const auto before = Json::parse(change.before, nullptr, false);
  const auto after = Json::parse(change.after, nullptr, false);
  if (!before.is_object() || !after.is_object() || change.before == change.after) return {};
  Event event{0, change.at, "", "import " + std::to_string(change.import), "", "", ""};
  const auto is = state_of(after);
  const auto source = change.list + " from " + change.source;
  if (is == state_of(before)) {
    event.kind = "subscriber.updated";
    event.detail = "from " + change.source;
  } else if (is == SubscriptionState::unsubscribed) {
    event.kind = "subscriber.unsubscribed";
    event.detail = source;
  } else {
    event.kind = "subscriber.imported";
    event.detail = "to " + source;
  }
  if (const auto person = told_change(person_of(before), person_of(after)); !person.empty())
    event.detail += ": " + person;
  return event;
}

/// Of the row, if there is one: when, by whom, and the detail.
void add_event(Statement query, SubscriberId reader, std::string_view kind,
               std::vector<Event>& events) {
  if (query.bind(reader.value).step())
    events.push_back(
        {0, query.instant(0), std::string(kind), query.text(1), query.text(2), "", ""});
}

/// By the import that made the subscriber.
void add_making(Database& database, SubscriberId reader, std::vector<Event>& events) {
  add_event(
      database.prepare("SELECT m.at, 'import ' || m.id, 'to ' || l.key || ' from ' || m.source "
                       "FROM subscribers s JOIN imports m ON m.id = s.import_id "
                       "JOIN lists l ON l.id = m.list_id WHERE s.id = ?1 "
                       "AND NOT EXISTS (SELECT 1 FROM import_changes c WHERE c.import_id = m.id "
                       "AND c.subscriber_id = s.id)"),
      reader, "subscriber.imported", events);
}

void add_suppression(Database& database, SubscriberId reader, std::vector<Event>& events) {
  add_event(database.prepare("SELECT x.at, 'import ' || x.import_id, x.reason FROM subscribers s "
                             "JOIN suppressions x ON x.canonical = s.canonical WHERE s.id = ? "
                             "AND x.import_id IS NOT NULL"),
            reader, "subscriber.suppressed", events);
}

}  // namespace

std::string picture_of(const KnownReader& reader) {
  const auto& known = reader.known;
  Json subscription = nullptr;
  if (known.subscription)
    subscription = {
        {"state", static_cast<int>(*known.subscription)},
        {"since", known.since.time_since_epoch().count()},
        {"joined", reader.joined ? Json(reader.joined->time_since_epoch().count()) : Json(nullptr)},
        {"evidence", reader.evidence},
        {"consent", reader.consent}};
  const Json picture{{"name", known.person.name},
                     {"attributes", known.person.attributes},
                     {"language", known.person.language},
                     {"time_zone", known.person.time_zone},
                     {"subscription", subscription}};
  return picture.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_change(Database& database, std::int64_t import, SubscriberId reader,
                const std::string& before, const std::string& after) {
  database
      .prepare(
          "INSERT INTO import_changes (import_id, subscriber_id, before, after) VALUES (?, ?, ?, "
          "?)")
      .bind(import)
      .bind(reader.value)
      .bind(std::string_view(before))
      .bind(std::string_view(after))
      .run();
}

void forget_changes(Database& database, SubscriberId reader) {
  database
      .prepare(
          "DELETE FROM import_changes WHERE subscriber_id = ? AND import_id IN "
          "(SELECT id FROM imports)")
      .bind(reader.value)
      .run();
}

std::vector<ImportedChange> imported_changes(Database& database, SubscriberId reader) {
  auto query = database.prepare(
      "SELECT m.id, m.at, m.source, l.key, c.before, c.after, c.undone_at FROM imports m "
      "CROSS JOIN import_changes c ON c.import_id = m.id AND c.subscriber_id = ? "
      "JOIN lists l ON l.id = m.list_id ORDER BY m.id");
  query.bind(reader.value);
  std::vector<ImportedChange> changes;
  while (query.step())
    changes.push_back({query.integer(0), query.instant(1), query.text(2), query.text(3),
                       query.text(4), query.text(5), query.optional_instant(6)});
  return changes;
}

std::vector<Event> import_events(Database& database, SubscriberId reader) {
  std::vector<Event> events;
  add_making(database, reader, events);
  add_suppression(database, reader, events);
  for (const auto& change : imported_changes(database, reader)) {
    auto event = event_of(change);
    if (!event) continue;
    const auto import = event->actor;
    events.push_back(std::move(*event));
    if (change.undone_at)
      events.push_back(
          {0, *change.undone_at, "subscriber.import_undone", "operator", import, "", ""});
  }
  return events;
}

}  // namespace postrider::store
