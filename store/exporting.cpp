#include "store/exporting.h"

#include <algorithm>
#include <functional>

#include "mail/address.h"
#include "store/erased.h"
#include "store/suppressions.h"
#include "subscribers/subscriber.h"

namespace postrider::store {

using namespace postrider::subscribers;

namespace {

constexpr std::int64_t tell_every_exported = 1024;

/// A subscription a row; those of one reader follow each other.
constexpr std::string_view rows_sql =
    "SELECT s.id, s.email, s.name, s.attributes, s.language, s.time_zone, s.paused_until, "
    "s.created_at, x.reason, x.at, l.key, n.state, n.since, coalesce(n.consent, ''), e.kind, "
    "e.actor, e.at, e.detail, n.joined_at, s.left_all_at FROM subscribers s "
    "LEFT JOIN suppressions x ON x.canonical = s.canonical "
    "LEFT JOIN subscriptions n ON n.subscriber_id = s.id AND (?1 = 0 OR n.list_id = ?1) "
    "LEFT JOIN lists l ON l.id = n.list_id LEFT JOIN evidence e ON e.id = n.evidence_id ";

ExportedReader read_reader(const Statement& query) {
  ExportedReader reader{query.text(1),
                        query.text(2),
                        query.text(3),
                        query.text(4),
                        query.text(5),
                        query.optional_instant(6),
                        query.optional_instant(19),
                        query.instant(7),
                        {},
                        {}};
  if (!query.is_null(8)) reader.suppression = {reason_of(query.view(8)), query.instant(9)};
  return reader;
}

ExportedSubscription read_subscription(const Statement& query) {
  ExportedSubscription on{query.text(10),
                          std::string(to_string(static_cast<SubscriptionState>(query.integer(11)))),
                          query.instant(12),
                          query.optional_instant(18),
                          {},
                          query.text(13)};
  if (!query.is_null(14))
    on.evidence = {query.text(14), query.text(15), query.instant(16), query.text(17)};
  return on;
}

/// Puts the rows of each reader together.
void each_reader(Statement& query, const std::function<void(const ExportedReader&)>& visit) {
  std::optional<ExportedReader> reader;
  const auto hand_over = [&] {
    if (!reader) return;
    std::sort(reader->subscriptions.begin(), reader->subscriptions.end(),
              [](const auto& one, const auto& other) { return one.list < other.list; });
    visit(*reader);
  };
  std::int64_t id = 0;
  while (query.step()) {
    if (query.integer(0) != id) {
      hand_over();
      id = query.integer(0);
      reader = read_reader(query);
    }
    if (!query.is_null(10)) reader->subscriptions.push_back(read_subscription(query));
  }
  hand_over();
}

/// While it lives, the database is as it was at its first look.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database) { database_.execute("BEGIN"); }
  ~Snapshot() { database_.execute("ROLLBACK"); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& database_;
};

class Exporting {
 public:
  Exporting(Database& database, const ExportOrder& order, ExportWriter& writer)
      : database_(database), order_(order), writer_(writer) {}

  std::int64_t run() {
    writer_.begin();
    all_ = number("SELECT count(*) FROM subscribers");
    readers();
    if (order_.list.empty()) {
      others();
      erased();
    }
    tell(true);
    writer_.end();
    return records_;
  }

 private:
  std::int64_t number(std::string_view sql) {
    auto query = database_.prepare(sql);
    return query.step() ? query.integer(0) : 0;
  }

  std::int64_t list_id() {
    if (order_.list.empty()) return 0;
    auto query = database_.prepare("SELECT id FROM lists WHERE key = ?");
    return query.bind(order_.list).step() ? query.integer(0) : -1;
  }

  void readers() {
    const auto list = list_id();
    auto query = database_.prepare(std::string(rows_sql) +
                                   "WHERE ?1 = 0 OR n.list_id IS NOT NULL ORDER BY s.canonical");
    query.bind(list);
    each_reader(query, [this](const ExportedReader& reader) {
      writer_.reader(reader);
      count();
    });
  }

  /// Suppressed ones who are no subscribers.
  void others() {
    auto query = database_.prepare(
        "SELECT canonical, reason, at FROM suppressions x WHERE NOT EXISTS (SELECT 1 FROM "
        "subscribers s WHERE s.canonical = x.canonical) ORDER BY canonical");
    while (query.step()) {
      writer_.suppression(
          {mail::address_of(query.view(0)), reason_of(query.view(1)), query.instant(2)});
      count();
    }
  }

  void erased() {
    each_erased(database_, [this](const ErasedHash& hash) {
      writer_.erased(hash.fingerprint, hash.at);
      count();
    });
  }

  void count() {
    ++records_;
    tell(false);
  }

  void tell(bool now) {
    if (order_.progress && (now || records_ % tell_every_exported == 0))
      order_.progress(records_, all_);
  }

  Database& database_;
  const ExportOrder& order_;
  ExportWriter& writer_;
  std::int64_t records_ = 0, all_ = 0;
};

}  // namespace

std::int64_t export_readers(Database& database, const ExportOrder& order, ExportWriter& writer) {
  const Snapshot snapshot(database);
  return Exporting(database, order, writer).run();
}

void export_reader(Database& database, SubscriberId id, ExportWriter& writer) {
  constexpr std::int64_t all_lists = 0;
  auto query = database.prepare(std::string(rows_sql) + "WHERE s.id = ?2");
  query.bind(all_lists).bind(id.value);
  each_reader(query, [&writer](const ExportedReader& reader) { writer.reader(reader); });
}

}  // namespace postrider::store
