// Taking an import back, in steps as those that wrote it.
#include <nlohmann/json.hpp>

#include "store/import_changes.h"
#include "store/import_lock.h"
#include "store/importing.h"
#include "store/ledger.h"
#include "store/step_size.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t most_examples = 100;

/// An import as it is recorded.
struct Recorded {
  std::int64_t id, evidence, list;
  std::string list_key;
  Instant at;
  Json summary;
};

/// Readers whom an import has touched: those after one, and so many of them.
struct Touched {
  std::string sql;
  std::vector<std::int64_t> values;  // its first parameters
};

class Undoing {
 public:
  Undoing(Database& database, Recorded import, const UndoOrder& order, Instant now)
      : database_(database),
        recorded_(std::move(import)),
        order_(order),
        import_(recorded_.id),
        list_(recorded_.list),
        imported_at_(recorded_.at),
        now_(now),
        most_frames_(most_frames_in(database.file().parent_path())) {
    summary_.list = recorded_.list_key;
    if (!recorded_.summary.is_object()) recorded_.summary = Json::object();
    const auto before = recorded_.summary.value("undone", Json::object());
    summary_.removed = before.value("removed", std::int64_t{0});
    summary_.forgotten = before.value("forgotten", std::int64_t{0});
    summary_.restored = before.value("restored", std::int64_t{0});
    // Whom a run before this one has kept, this one meets again, and may take back after all.
  }

  UndoSummary run() {
    const Touched changed{
        "SELECT subscriber_id FROM import_changes WHERE import_id = ? AND undone_at IS NULL "
        "AND subscriber_id > ? ORDER BY subscriber_id LIMIT ?",
        {import_}};
    const Touched brought{
        "SELECT n.subscriber_id FROM subscriptions n JOIN subscribers s ON s.id = n.subscriber_id "
        "WHERE n.list_id = ? AND n.evidence_id = ? AND s.import_id = ? AND n.subscriber_id > ? "
        "ORDER BY n.subscriber_id LIMIT ?",
        {list_, recorded_.evidence, import_}};
    if (order_.progress) total_ = count(changed) + count(brought);
    database_.gather_commits();
    summary_.complete =
        each(changed, [this](std::int64_t subscriber) { restore(subscriber); }) &&
        each(brought, [this](std::int64_t subscriber) { remove(subscriber); }) &&
        forget(
            "DELETE FROM suppressions WHERE canonical IN (SELECT canonical FROM suppressions WHERE "
            "import_id = ? LIMIT ?)") &&
        forget(
            "DELETE FROM erased WHERE (key_id, hash) IN (SELECT key_id, hash FROM erased WHERE "
            "import_id = ? LIMIT ?)");
    database_.sync_commits();
    return std::move(summary_);
  }

 private:
  Statement select(const std::string& sql, const Touched& touched, std::int64_t after,
                   std::int64_t most) {
    auto query = database_.prepare(sql);
    for (const auto value : touched.values) query.bind(value);
    query.bind(after).bind(most);
    return query;
  }

  std::int64_t count(const Touched& touched) {
    auto query = select("SELECT count(*) FROM (" + touched.sql + ")", touched, 0, -1);
    query.step();
    return query.integer(0);
  }

  std::vector<std::int64_t> next_after(std::int64_t last, const Touched& touched) {
    auto query = select(touched.sql, touched, last, size_.readers());
    std::vector<std::int64_t> readers;
    while (query.step()) readers.push_back(query.integer(0));
    return readers;
  }

  /// Looks for the next ones before it takes the database. False: it is to stop.
  bool each(const Touched& touched, const std::function<void(std::int64_t)>& work) {
    for (std::int64_t last = 0;;) {
      const auto readers = next_after(last, touched);
      if (readers.empty()) return true;
      if (order_.stop.stop_requested()) return false;
      done_ += std::ssize(readers);
      last = readers.back();
      step([&] {
        for (const auto reader : readers) work(reader);
      });
    }
  }

  /// False: it is to stop.
  bool forget(std::string_view sql) {
    for (bool more = true; more;) {
      if (order_.stop.stop_requested()) return false;
      const auto most = size_.readers();
      step([&] { more = database_.prepare(sql).bind(import_).bind(most).run() == most; });
    }
    return true;
  }

  void step(const std::function<void()>& work) {
    const auto begun = SteadyClock::now();
    database_.transact([&] {
      work();
      write_summary();
    });
    size_.took(SteadyClock::now() - begun);
    if (order_.progress) order_.progress({false, done_, total_});
    database_.copy_back(most_frames_);
    database_.let_others_write();
  }

  void write_summary() {
    recorded_.summary["undone"] = {{"removed", summary_.removed},
                                   {"forgotten", summary_.forgotten},
                                   {"restored", summary_.restored},
                                   {"kept", summary_.kept}};
    const auto text = recorded_.summary.dump(-1, ' ', false, Json::error_handler_t::replace);
    database_.prepare("UPDATE imports SET summary = ? WHERE id = ?")
        .bind(std::string_view(text))
        .bind(import_)
        .run();
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
    ++summary_.forgotten;
    for (const auto* sql : {"DELETE FROM import_changes WHERE subscriber_id = ? AND import_id IN "
                            "(SELECT id FROM imports)",
                            "DELETE FROM subscribers WHERE id = ?"})
      database_.prepare(sql).bind(subscriber).run();
  }

  Database& database_;
  Recorded recorded_;
  const UndoOrder& order_;
  const std::int64_t import_, list_;
  const Instant imported_at_, now_;
  const int most_frames_;  // of the log
  UndoSummary summary_;
  StepSize size_{StepSize::least};  // a reader costs more than a row of an import
  std::int64_t done_ = 0, total_ = 0;
};

Result<Recorded> find_import(Database& database, std::int64_t import) {
  auto query = database.prepare(
      "SELECT m.evidence_id, m.list_id, l.key, m.at, m.summary, m.undone_at "
      "FROM imports m JOIN lists l ON l.id = m.list_id WHERE m.id = ?");
  query.bind(import);
  if (!query.step())
    return fail("there is no import " + std::to_string(import) +
                "; `postrider subscriber imports` lists them");
  if (!query.is_null(5)) return fail("import " + std::to_string(import) + " is undone already");
  return Recorded{import,        query.integer(0), query.integer(1),
                  query.text(2), query.instant(3), Json::parse(query.text(4), nullptr, false)};
}

}  // namespace

Result<UndoSummary> undo_import(Database& database, std::int64_t import, std::string_view actor,
                                Instant now, const UndoOrder& order) {
  const auto lock = ImportLock::for_undo(database.file());
  if (!lock) return tl::make_unexpected(lock.error());
  auto recorded = find_import(database, import);
  if (!recorded) return tl::make_unexpected(recorded.error());
  auto summary = Undoing(database, std::move(*recorded), order, now).run();
  database.transact([&] {
    if (summary.complete)
      database.prepare("UPDATE imports SET undone_at = ? WHERE id = ?")
          .bind(now)
          .bind(import)
          .run();
    Ledger(database).note_event(summary.complete ? "import.undone" : "import.undoing_stopped",
                                "import " + std::to_string(import) + ": " +
                                    std::to_string(summary.removed) + " removed, " +
                                    std::to_string(summary.restored) + " restored, " +
                                    std::to_string(summary.kept) + " kept",
                                std::string(actor), now, {});
  });
  return summary;
}

}  // namespace postrider::store
