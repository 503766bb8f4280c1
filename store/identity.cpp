#include "store/identity.h"

namespace postrider::store {

std::optional<Identity> identity(Database& database) {
  auto query = database.prepare(
      "SELECT machine, path, inode, born, generation, claimed_at, moved_at, restored "
      "FROM identity");
  if (!query.step()) return {};
  return Identity{{query.text(0), query.text(1), query.integer(2), query.integer(3)},
                  query.integer(4),
                  query.instant(5),
                  query.instant(6),
                  query.integer(7) != 0};
}

namespace {

void put(Database& database, std::string_view verb, const Place& place, std::int64_t generation,
         Instant now) {
  database
      .prepare(std::string(verb) +
               " INTO identity (only_one, machine, path, inode, born, generation, claimed_at, "
               "moved_at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?6)")
      .bind(place.machine)
      .bind(place.path)
      .bind(place.inode)
      .bind(place.born)
      .bind(generation)
      .bind(now)
      .run();
}

}  // namespace

void claim_new(Database& database, const Place& place, std::int64_t generation, Instant now) {
  put(database, "INSERT OR IGNORE", place, generation, now);
}

void claim(Database& database, const Place& place, std::int64_t generation, std::string_view detail,
           const Actor& actor, Instant now) {
  database.transact([&] {
    put(database, "REPLACE", place, generation, now);
    Ledger(database).note_event("database.claimed", detail, actor, now);
  });
}

std::optional<std::int64_t> grow(Database& database, Instant now) {
  auto update = database.prepare(
      "UPDATE identity SET generation = generation + 1, moved_at = ? RETURNING generation");
  update.bind(now);
  if (!update.step()) return {};
  const auto generation = update.integer(0);
  update.step();  // to its end, without which it changes nothing
  return generation;
}

std::optional<Instant> last_entry(Database& database) {
  auto query = database.prepare(
      "SELECT max(at) FROM (SELECT at FROM events WHERE id = (SELECT max(id) FROM events) "
      "UNION ALL SELECT moved_at FROM identity)");
  query.step();
  return query.optional_instant(0);
}

void mark_restored(Database& database) {
  database.transact([&] {
    database.prepare("UPDATE identity SET restored = 1").run();
    forget_drafts(database);
  });
}

void forget_drafts(Database& database) {
  database.transact([&] {
    auto update = database.prepare(
        "INSERT INTO meta SELECT 'forgot_drafts', generation FROM identity WHERE true "
        "ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value");
    if (update.run() > 0) database.prepare("DELETE FROM meta WHERE key = 'first_scan'").run();
  });
}

bool forgot_drafts(Database& database) {
  return database.prepare("SELECT 1 FROM meta WHERE key = 'forgot_drafts'").step();
}

}  // namespace postrider::store
