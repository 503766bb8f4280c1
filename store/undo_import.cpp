// Taking an import back, in steps as those that wrote it.
#include <nlohmann/json.hpp>

#include "store/import_changes.h"
#include "store/import_lock.h"
#include "store/importing.h"
#include "store/ledger.h"
#include "store/step_size.h"
#include "store/suppressions.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t most_undo_examples = 100;
constexpr auto later_import = "a later import tells of them, too";

/// An import as it is recorded.
struct Recorded {
  std::int64_t id, evidence, list;
  Instant at;
};

/// Of columns id, evidence_id, list_id, at.
Recorded read_recorded(const Statement& query) {
  return {query.integer(0), query.integer(1), query.integer(2), query.instant(3)};
}

/// Readers whom an import has touched: those after one, and so many of them.
struct Touched {
  std::string sql;
  std::vector<std::int64_t> values;  // its first parameters
};

class Undoing {
 public:
  Undoing(Database& database, const Recorded& import, const UndoOrder& order, Instant now)
      : database_(database),
        import_(import),
        order_(order),
        now_(now),
        most_frames_(most_frames_in(database.file().parent_path())) {
    {
      auto query = database.prepare(
          "SELECT l.key, m.summary FROM imports m JOIN lists l ON l.id = m.list_id WHERE m.id = ?");
      query.bind(import.id).step();
      summary_.list = query.text(0);
      recorded_ = Json::parse(query.text(1), nullptr, false);
    }
    if (!recorded_.is_object()) recorded_ = Json::object();
    const auto before = recorded_.value("undone", Json::object());
    summary_.removed = before.value("removed", std::int64_t{0});
    summary_.forgotten = before.value("forgotten", std::int64_t{0});
    summary_.restored = before.value("restored", std::int64_t{0});
    done_ = summary_.removed + summary_.restored;
    total_ =
        recorded_.value("added", std::int64_t{0}) + recorded_.value("updated", std::int64_t{0});
    // Whom a run before this one has kept, this one meets again, and may take back after all.
  }

  UndoSummary run() {
    const Touched changed{
        "SELECT subscriber_id FROM import_changes WHERE import_id = ? AND undone_at IS NULL "
        "AND subscriber_id > ? ORDER BY subscriber_id LIMIT ?",
        {import_.id}};
    const Touched brought{
        "SELECT n.subscriber_id FROM subscriptions n JOIN subscribers s ON s.id = n.subscriber_id "
        "WHERE n.list_id = ? AND s.import_id = ? AND n.subscriber_id > ? "
        "ORDER BY n.subscriber_id LIMIT ?",
        {import_.list, import_.id}};
    database_.gather_commits();
    summary_.complete =
        each(changed, [this](std::int64_t subscriber) { restore(subscriber); }) &&
        each(brought, [this](std::int64_t subscriber) { remove(subscriber); }) &&
        forget([this](std::int64_t most) {
          return take_back_suppressions(database_, import_.id, most);
        }) &&
        forget([this](std::int64_t most) {
          return database_
                     .prepare(
                         "DELETE FROM erased WHERE (key_id, hash) IN (SELECT key_id, hash FROM "
                         "erased WHERE import_id = ? LIMIT ?)")
                     .bind(import_.id)
                     .bind(most)
                     .run() > 0;
        });
    database_.sync_commits();
    return std::move(summary_);
  }

 private:
  std::vector<std::int64_t> next_after(std::int64_t last, const Touched& touched) {
    auto query = database_.prepare(touched.sql);
    for (const auto value : touched.values) query.bind(value);
    query.bind(last).bind(size_.readers());
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

  /// `some`: of so many at most; false: there are no more. False: it is to stop.
  bool forget(const std::function<bool(std::int64_t)>& some) {
    for (bool more = true; more;) {
      if (order_.stop.stop_requested()) return false;
      step([&] { more = some(size_.readers()); });
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
    if (order_.progress) order_.progress({false, done_, std::max(done_, total_)});
    database_.copy_back(most_frames_);
    database_.let_others_write();
  }

  void write_summary() {
    recorded_["undone"] = {{"removed", summary_.removed},
                           {"forgotten", summary_.forgotten},
                           {"restored", summary_.restored},
                           {"kept", summary_.kept}};
    const auto text = recorded_.dump(-1, ' ', false, Json::error_handler_t::replace);
    database_.prepare("UPDATE imports SET summary = ? WHERE id = ?")
        .bind(std::string_view(text))
        .bind(import_.id)
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

  std::string last_event(std::int64_t subscriber) {
    const auto event = one_text(
        "SELECT kind || ' by ' || actor FROM events WHERE subscriber_id = ? ORDER BY id DESC LIMIT "
        "1",
        subscriber);
    return event.empty() ? "mail came back" : event;
  }

  void keep(std::int64_t subscriber, const std::string& why) {
    ++summary_.kept;
    if (summary_.examples.size() < most_undo_examples)
      summary_.examples.emplace_back(email_of(subscriber), why);
  }

  /// As it was before the import, where it is as that left it.
  void restore(std::int64_t subscriber) {
    const auto change = change_by(import_, subscriber);
    if (!change) return;
    if (picture_of(look_up(import_, subscriber)) != change->after)
      return keep(subscriber, "changed since");
    if (is_in_later_import(import_, subscriber)) return keep(subscriber, later_import);
    apply_before(import_, subscriber, *change);
    const bool was_other = change->before != change->after;
    if (settle(subscriber))
      ++summary_.removed;
    else if (was_other)
      ++summary_.restored;
  }

  /// Whom the import has made, where nothing has happened to them since.
  void remove(std::int64_t subscriber) {
    if (has_events(subscriber)) return keep(subscriber, last_event(subscriber));
    if (is_in_later_import(import_, subscriber)) return keep(subscriber, later_import);
    if (look_up(import_, subscriber).evidence != import_.evidence)
      return keep(subscriber, "changed since");
    take_off(import_, subscriber);
    ++summary_.removed;
  }

  /// What an import has left that was taken back before this one, and kept then for this one's
  /// sake. True: the reader is off the list by that.
  bool settle(std::int64_t subscriber) {
    for (bool more = true; more;) {
      more = false;
      for (const auto& earlier : undone_imports_of(subscriber)) {
        const auto change = change_by(earlier, subscriber);
        if (!change || picture_of(look_up(earlier, subscriber)) != change->after ||
            is_in_later_import(earlier, subscriber))
          continue;
        apply_before(earlier, subscriber, *change);
        more = true;
      }
    }
    const auto maker = undone_maker_of(subscriber);
    if (!maker || has_events(subscriber) || is_in_later_import(*maker, subscriber) ||
        look_up(*maker, subscriber).evidence != maker->evidence)
      return false;
    take_off(*maker, subscriber);
    return true;
  }

  struct Change {
    std::string before, after;
  };

  /// Nothing: it has changed nothing of the reader, or that is taken back.
  std::optional<Change> change_by(const Recorded& import, std::int64_t subscriber) {
    auto query = database_.prepare(
        "SELECT before, after FROM import_changes WHERE import_id = ? AND subscriber_id = ? "
        "AND undone_at IS NULL");
    query.bind(import.id).bind(subscriber);
    if (!query.step()) return {};
    return Change{query.text(0), query.text(1)};
  }

  /// The latest first.
  std::vector<Recorded> undone_imports_of(std::int64_t subscriber) {
    auto query = database_.prepare(
        "SELECT m.id, m.evidence_id, m.list_id, m.at FROM imports m CROSS JOIN import_changes c "
        "ON c.import_id = m.id AND c.subscriber_id = ? WHERE m.undone_at IS NOT NULL "
        "AND c.undone_at IS NULL ORDER BY m.id DESC");
    query.bind(subscriber);
    std::vector<Recorded> all;
    while (query.step()) all.push_back(read_recorded(query));
    return all;
  }

  std::optional<Recorded> undone_maker_of(std::int64_t subscriber) {
    auto query = database_.prepare(
        "SELECT m.id, m.evidence_id, m.list_id, m.at FROM subscribers s JOIN imports m "
        "ON m.id = s.import_id WHERE s.id = ? AND m.undone_at IS NOT NULL");
    query.bind(subscriber);
    if (!query.step()) return {};
    return read_recorded(query);
  }

  void apply_before(const Recorded& import, std::int64_t subscriber, const Change& change) {
    const auto before = Json::parse(change.before);
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
    restore_subscription(import.list, subscriber, before["subscription"]);
    mark_undone(import, subscriber);
  }

  KnownReader look_up(const Recorded& import, std::int64_t subscriber) {
    const auto canonical = one_text("SELECT canonical FROM subscribers WHERE id = ?", subscriber);
    SubscriberWriter writer(database_, {import.list, ""},
                            [](SubscriberId) { return std::int64_t{0}; });
    return writer.look_up(canonical);
  }

  void mark_undone(const Recorded& import, std::int64_t subscriber) {
    database_
        .prepare(
            "UPDATE import_changes SET undone_at = ? WHERE import_id = ? AND subscriber_id = ?")
        .bind(now_)
        .bind(import.id)
        .bind(subscriber)
        .run();
  }

  void restore_subscription(std::int64_t list, std::int64_t subscriber, const Json& before) {
    if (before.is_null()) return unsubscribe(list, subscriber);
    const auto consent = before["consent"].get<std::string>();
    const auto evidence = before["evidence"].get<std::int64_t>();
    const auto& joined = before["joined"];
    database_
        .prepare(
            "UPDATE subscriptions SET state = ?, since = ?, joined_at = ?, evidence_id = ?, "
            "consent = nullif(?, '') WHERE list_id = ? AND subscriber_id = ?")
        .bind(before["state"].get<std::int64_t>())
        .bind(before["since"].get<std::int64_t>())
        .bind(joined.is_null() ? std::nullopt : std::optional(joined.get<std::int64_t>()))
        .bind(evidence == 0 ? std::nullopt : std::optional(evidence))
        .bind(std::string_view(consent))
        .bind(list)
        .bind(subscriber)
        .run();
  }

  /// Never was on the list, and is not asked any more.
  void unsubscribe(std::int64_t list, std::int64_t subscriber) {
    Ledger(database_).call_off({subscriber}, {list}, now_);
    database_
        .prepare(
            "DELETE FROM notices WHERE subscriber_id = ? AND list_id = ? AND kind = 'confirm' "
            "AND state = 6 AND attempts = 0")
        .bind(subscriber)
        .bind(list)
        .run();
    database_.prepare("DELETE FROM subscriptions WHERE list_id = ? AND subscriber_id = ?")
        .bind(list)
        .bind(subscriber)
        .run();
  }

  /// Forgets a reader whom nothing else needs.
  void take_off(const Recorded& import, std::int64_t subscriber) {
    auto reader = look_up(import, subscriber);
    const auto is = picture_of(reader);
    unsubscribe(import.list, subscriber);
    if (!is_needed(import, subscriber)) return forget_subscriber(subscriber);
    // What was and is no more belongs to the story of one who stays known.
    reader.known.subscription.reset();
    add_change(database_, import.id, {subscriber}, picture_of(reader), is);
    mark_undone(import, subscriber);
  }

  template <class... Values>
  bool is_there(std::string_view sql, Values... values) {
    auto query = database_.prepare(sql);
    (query.bind(values), ...);
    return query.step();
  }

  /// Of a folded issue what came back is told by its bounce alone.
  bool has_events(std::int64_t subscriber) {
    return is_there("SELECT 1 FROM events WHERE subscriber_id = ? LIMIT 1", subscriber) ||
           is_there(
               "SELECT 1 FROM bounces WHERE subscriber_id = ? AND report_id IS NOT NULL AND "
               "kind <> 7 LIMIT 1",
               subscriber);
  }

  bool is_in_later_import(const Recorded& import, std::int64_t subscriber) {
    return is_there(
        "SELECT 1 FROM imports m CROSS JOIN import_changes c ON c.import_id = m.id AND "
        "c.subscriber_id = ? WHERE m.id > ? AND m.undone_at IS NULL AND c.undone_at IS NULL LIMIT "
        "1",
        subscriber, import.id);
  }

  /// On another list, or written to meanwhile.
  bool is_needed(const Recorded& import, std::int64_t subscriber) {
    return is_there("SELECT 1 FROM subscriptions WHERE subscriber_id = ? LIMIT 1", subscriber) ||
           is_there("SELECT 1 FROM notices WHERE subscriber_id = ? LIMIT 1", subscriber) ||
           is_there(
               "SELECT 1 FROM issues i CROSS JOIN deliveries d ON d.issue_id = i.id AND "
               "d.subscriber_id = ? WHERE i.started_at >= ? LIMIT 1",
               subscriber, import.at.time_since_epoch().count());
  }

  void forget_subscriber(std::int64_t subscriber) {
    ++summary_.forgotten;
    forget_changes(database_, {subscriber});
    database_.prepare("DELETE FROM subscribers WHERE id = ?").bind(subscriber).run();
  }

  Database& database_;
  const Recorded import_;
  const UndoOrder& order_;
  const Instant now_;
  const int most_frames_;  // of the log
  Json recorded_;          // its summary
  UndoSummary summary_;
  StepSize size_{StepSize::least};  // a reader costs more than a row of an import
  std::int64_t done_ = 0, total_ = 0;
};

Result<Recorded> find_import(Database& database, std::int64_t import) {
  auto query =
      database.prepare("SELECT id, evidence_id, list_id, at, undone_at FROM imports WHERE id = ?");
  query.bind(import);
  if (!query.step())
    return fail("there is no import " + std::to_string(import) +
                "; `postrider subscriber imports` lists them");
  if (!query.is_null(4)) return fail("import " + std::to_string(import) + " is undone already");
  return read_recorded(query);
}

}  // namespace

Result<UndoSummary> undo_import(Database& database, std::int64_t import, std::string_view actor,
                                Instant now, const UndoOrder& order) {
  const auto lock = ImportLock::for_undo(database.file());
  if (!lock) return tl::make_unexpected(lock.error());
  const auto recorded = find_import(database, import);
  if (!recorded) return tl::make_unexpected(recorded.error());
  auto summary = Undoing(database, *recorded, order, now).run();
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
