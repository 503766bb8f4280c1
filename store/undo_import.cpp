// Taking an import back, some hundred readers a transaction.
#include <nlohmann/json.hpp>

#include "store/import_changes.h"
#include "store/import_lock.h"
#include "store/importing.h"
#include "store/ledger.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::int64_t readers_at_once = 500;
constexpr std::size_t most_examples = 100;

class Undoing {
 public:
  Undoing(Database& database, std::int64_t import, std::int64_t evidence, std::int64_t list,
          Instant imported_at, Instant now)
      : database_(database),
        import_(import),
        evidence_(evidence),
        list_(list),
        imported_at_(imported_at),
        now_(now) {}

  UndoSummary run() {
    in_steps(
        "SELECT subscriber_id FROM import_changes WHERE import_id = ? AND undone_at IS NULL "
        "AND subscriber_id > ? ORDER BY subscriber_id LIMIT ?",
        [&](Statement& query) { query.bind(import_); },
        [&](std::int64_t subscriber) { restore(subscriber); });
    in_steps(
        "SELECT n.subscriber_id FROM subscriptions n JOIN subscribers s ON s.id = n.subscriber_id "
        "WHERE n.list_id = ? AND n.evidence_id = ? AND s.import_id = ? AND n.subscriber_id > ? "
        "ORDER BY n.subscriber_id LIMIT ?",
        [&](Statement& query) { query.bind(list_).bind(evidence_).bind(import_); },
        [&](std::int64_t subscriber) { remove(subscriber); });
    forget(
        "DELETE FROM suppressions WHERE canonical IN (SELECT canonical FROM suppressions WHERE "
        "import_id = ? LIMIT ?)");
    forget(
        "DELETE FROM erased WHERE (key_id, hash) IN (SELECT key_id, hash FROM erased WHERE "
        "import_id = ? LIMIT ?)");
    return std::move(summary_);
  }

 private:
  /// Looks for the next ones before it takes the database.
  void in_steps(std::string_view sql, const std::function<void(Statement&)>& bind,
                const std::function<void(std::int64_t)>& work) {
    for (std::int64_t last = 0;;) {
      std::vector<std::int64_t> readers;
      {
        auto query = database_.prepare(sql);
        bind(query);
        query.bind(last).bind(readers_at_once);
        while (query.step()) readers.push_back(query.integer(0));
      }
      if (readers.empty()) return;
      database_.transact([&] {
        for (const auto reader : readers) work(reader);
      });
      last = readers.back();
      database_.let_others_write();
    }
  }

  std::string one_text(std::string_view sql, std::int64_t subscriber) {
    auto query = database_.prepare(sql);
    query.bind(subscriber);
    return query.step() ? query.text(0) : std::string();
  }

  std::string email_of(std::int64_t subscriber) {
    return one_text("SELECT email FROM subscribers WHERE id = ?", subscriber);
  }

  void keep(std::int64_t subscriber, const std::string& why) {
    ++summary_.kept;
    if (summary_.examples.size() < most_examples)
      summary_.examples.emplace_back(email_of(subscriber), why);
  }

  /// As it was before the import, where it is as that left it.
  void restore(std::int64_t subscriber) {
    std::string was, is;
    {
      auto query = database_.prepare(
          "SELECT before, after FROM import_changes WHERE import_id = ? AND subscriber_id = ?");
      query.bind(import_).bind(subscriber);
      if (!query.step()) return;
      was = query.text(0);
      is = query.text(1);
    }
    if (picture_of(look_up(subscriber)) != is) return keep(subscriber, "changed since");
    if (is_in_later_import(subscriber)) return keep(subscriber, "a later import says the same");
    const auto before = Json::parse(was);
    database_
        .prepare(
            "UPDATE subscribers SET name = ?, attributes = ?, language = ?, time_zone = ? "
            "WHERE id = ?")
        .bind(std::string_view(before["name"].get_ref<const std::string&>()))
        .bind(std::string_view(before["attributes"].get_ref<const std::string&>()))
        .bind(std::string_view(before["language"].get_ref<const std::string&>()))
        .bind(std::string_view(before["time_zone"].get_ref<const std::string&>()))
        .bind(subscriber)
        .run();
    restore_subscription(subscriber, before["subscription"]);
    mark_undone(subscriber);
    if (was != is) ++summary_.restored;
  }

  KnownReader look_up(std::int64_t subscriber) {
    const auto canonical = one_text("SELECT canonical FROM subscribers WHERE id = ?", subscriber);
    SubscriberWriter writer(database_, {list_, ""}, [](SubscriberId) { return std::int64_t{0}; });
    return writer.look_up(canonical);
  }

  void mark_undone(std::int64_t subscriber) {
    database_
        .prepare(
            "UPDATE import_changes SET undone_at = ? WHERE import_id = ? AND subscriber_id = ?")
        .bind(now_)
        .bind(import_)
        .bind(subscriber)
        .run();
  }

  void restore_subscription(std::int64_t subscriber, const Json& before) {
    if (before.is_null()) return unsubscribe(subscriber);
    const auto consent = before["consent"].get<std::string>();
    const auto evidence = before["evidence"].get<std::int64_t>();
    auto update = database_.prepare(
        "UPDATE subscriptions SET state = ?, since = ?, joined_at = ?, evidence_id = ?, consent = "
        "? "
        "WHERE list_id = ? AND subscriber_id = ?");
    const auto& joined = before["joined"];
    update.bind(before["state"].get<std::int64_t>())
        .bind(before["since"].get<std::int64_t>())
        .bind(joined.is_null() ? std::nullopt : std::optional(joined.get<std::int64_t>()))
        .bind(evidence == 0 ? std::nullopt : std::optional(evidence));
    if (consent.empty())
      update.bind(std::nullopt);
    else
      update.bind(std::string_view(consent));
    update.bind(list_).bind(subscriber).run();
  }

  /// Never was on the list, and is not asked any more.
  void unsubscribe(std::int64_t subscriber) {
    Ledger(database_).call_off({subscriber}, {list_}, now_);
    database_
        .prepare(
            "DELETE FROM notices WHERE subscriber_id = ? AND list_id = ? AND kind = 'confirm' "
            "AND state = 6 AND attempts = 0")
        .bind(subscriber)
        .bind(list_)
        .run();
    database_.prepare("DELETE FROM subscriptions WHERE list_id = ? AND subscriber_id = ?")
        .bind(list_)
        .bind(subscriber)
        .run();
  }

  bool is_there(std::string_view sql, std::int64_t subscriber, std::int64_t other) {
    auto query = database_.prepare(sql);
    return query.bind(subscriber).bind(other).step();
  }

  bool is_in_later_import(std::int64_t subscriber) {
    return is_there(
        "SELECT 1 FROM imports m CROSS JOIN import_changes c ON c.import_id = m.id AND "
        "c.subscriber_id = ? WHERE m.id > ? AND m.undone_at IS NULL AND c.undone_at IS NULL LIMIT "
        "1",
        subscriber, import_);
  }

  /// Whom the import has made, where nothing has happened to them since.
  void remove(std::int64_t subscriber) {
    if (is_there("SELECT 1 FROM events WHERE subscriber_id = ? AND ? = 0 LIMIT 1", subscriber, 0))
      return keep(subscriber, one_text("SELECT kind || ' by ' || actor FROM events WHERE "
                                       "subscriber_id = ? ORDER BY id DESC LIMIT 1",
                                       subscriber));
    if (is_in_later_import(subscriber)) return keep(subscriber, "changed by a later import");
    auto reader = look_up(subscriber);
    const auto is = picture_of(reader);
    unsubscribe(subscriber);
    ++summary_.removed;
    if (!is_needed(subscriber)) return forget_subscriber(subscriber);
    // What was and is no more belongs to the story of one who stays known.
    reader.known.subscription.reset();
    add_change(database_, import_, {subscriber}, picture_of(reader), is);
    mark_undone(subscriber);
  }

  /// On another list, or written to meanwhile.
  bool is_needed(std::int64_t subscriber) {
    return is_there("SELECT 1 FROM subscriptions WHERE subscriber_id = ? AND ? = 0 LIMIT 1",
                    subscriber, 0) ||
           is_there("SELECT 1 FROM notices WHERE subscriber_id = ? AND ? = 0 LIMIT 1", subscriber,
                    0) ||
           is_there(
               "SELECT 1 FROM issues i CROSS JOIN deliveries d ON d.issue_id = i.id AND "
               "d.subscriber_id = ? WHERE i.started_at >= ? LIMIT 1",
               subscriber, imported_at_.time_since_epoch().count());
  }

  void forget_subscriber(std::int64_t subscriber) {
    for (const auto* sql : {"DELETE FROM import_changes WHERE subscriber_id = ? AND import_id IN "
                            "(SELECT id FROM imports)",
                            "DELETE FROM subscribers WHERE id = ?"})
      database_.prepare(sql).bind(subscriber).run();
  }

  void forget(std::string_view sql) {
    std::int64_t deleted = 0;
    do {
      database_.transact(
          [&] { deleted = database_.prepare(sql).bind(import_).bind(readers_at_once).run(); });
    } while (deleted == readers_at_once);
  }

  Database& database_;
  const std::int64_t import_, evidence_, list_;
  const Instant imported_at_, now_;
  UndoSummary summary_;
};

}  // namespace

Result<UndoSummary> undo_import(Database& database, std::int64_t import, std::string_view actor,
                                Instant now) {
  const auto lock = ImportLock::for_undo(database.file());
  if (!lock) return tl::make_unexpected(lock.error());
  std::int64_t evidence = 0, list = 0;
  Instant at;
  {
    auto query =
        database.prepare("SELECT evidence_id, list_id, at, undone_at FROM imports WHERE id = ?");
    query.bind(import);
    if (!query.step())
      return fail("there is no import " + std::to_string(import) +
                  "; `postrider subscriber imports` lists them");
    if (!query.is_null(3)) return fail("import " + std::to_string(import) + " is undone already");
    evidence = query.integer(0);
    list = query.integer(1);
    at = query.instant(2);
  }
  auto summary = Undoing(database, import, evidence, list, at, now).run();
  database.transact([&] {
    database.prepare("UPDATE imports SET undone_at = ? WHERE id = ?").bind(now).bind(import).run();
    Ledger(database).note_event("import.undone",
                                "import " + std::to_string(import) + ": " +
                                    std::to_string(summary.removed) + " removed, " +
                                    std::to_string(summary.restored) + " restored, " +
                                    std::to_string(summary.kept) + " kept",
                                std::string(actor), now, {});
  });
  return summary;
}

}  // namespace postrider::store
