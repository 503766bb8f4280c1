#include "store/sqlite_subscribers.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_set>

#include "mail/address.h"
#include "subscribers/registration.h"

namespace postrider::store {

using namespace postrider::subscribers;
using nlohmann::json;

namespace {

constexpr std::int64_t rows_a_transaction = 2000;  // others wait for one of these, not for a file
constexpr std::size_t most_examples = 100;

struct ListRow {
  std::int64_t id;
  std::string key;
};

ListRow require_list(Database& database, std::string_view key) {
  auto query = database.prepare("SELECT id FROM lists WHERE key = ?");
  query.bind(key);
  if (!query.step()) throw std::logic_error("no such list: " + std::string(key));
  return {query.integer(0), std::string(key)};
}

std::int64_t add_evidence(Database& database, std::string_view kind, std::string_view actor,
                          const json& detail, Instant now) {
  const auto text = detail.dump(-1, ' ', false, json::error_handler_t::replace);
  database.prepare("INSERT INTO evidence (at, kind, actor, detail) VALUES (?, ?, ?, ?)")
      .bind(now)
      .bind(kind)
      .bind(actor)
      .bind(text)
      .run();
  return database.last_insert_id();
}

/// What the database holds of one address.
struct Row {
  std::int64_t id = 0;  // 0: unknown
  std::string name;
  std::string attributes = "{}";
  Known known;
};

void read_row(Database& database, const std::string& canonical, std::int64_t list, Row& row) {
  {
    auto query = database.prepare(
        "SELECT s.id, s.name, s.attributes, n.state FROM subscribers s LEFT JOIN subscriptions n "
        "ON n.list_id = ? AND n.subscriber_id = s.id WHERE s.canonical = ?");
    query.bind(list).bind(canonical);
    if (query.step()) {
      row.id = query.integer(0);
      row.name = query.text(1);
      row.attributes = query.text(2);
      if (!query.is_null(3))
        row.known.subscription = static_cast<SubscriptionState>(query.integer(3));
    }
  }
  auto query = database.prepare("SELECT 1 FROM suppressions WHERE canonical = ?");
  row.known.suppressed = query.bind(canonical).step();
  row.known.name = row.name;
  row.known.attributes = row.attributes;
}

/// Carries out what `decide` says. The evidence is made when the first row needs it.
class Adder {
 public:
  Adder(Database& database, std::int64_t list, std::function<std::int64_t()> evidence, Instant now)
      : database_(database), list_(list), evidence_(std::move(evidence)), now_(now) {}

  struct Done {
    Added result;
    std::int64_t subscriber;
  };

  Done add(const Entry& entry, const mail::Address& address) {
    Row row;
    const auto canonical = address.canonical();
    read_row(database_, canonical, list_, row);
    const auto decision = decide(row.known, entry);
    if (decision.result == Added::skipped_suppressed ||
        decision.result == Added::skipped_unsubscribed)
      return {decision.result, row.id};
    if (row.id == 0) {
      insert(address, canonical, decision);
      row.id = database_.last_insert_id();
    } else if (decision.rewrites) {
      update(row.id, decision);
    }
    if (row.id != 0 && (decision.rewrites || decision.result == Added::added))
      know_attributes(decision.attributes);
    if (decision.confirms) confirm(row.id);
    return {decision.result, row.id};
  }

 private:
  void insert(const mail::Address& address, const std::string& canonical,
              const Decision& decision) {
    const auto uid = random_uid();
    const auto email = address.str();
    const auto domain = domain_id(address.domain);
    database_
        .prepare(
            "INSERT INTO subscribers (uid, email, canonical, domain_id, name, attributes, "
            "created_at) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(uid)
        .bind(email)
        .bind(canonical)
        .bind(domain)
        .bind(decision.name)
        .bind(decision.attributes)
        .bind(now_)
        .run();
  }

  std::int64_t domain_id(const std::string& name) {
    auto query = database_.prepare("SELECT id FROM domains WHERE name = ?");
    if (query.bind(name).step()) return query.integer(0);
    database_.prepare("INSERT INTO domains (name) VALUES (?)").bind(name).run();
    return database_.last_insert_id();
  }

  void update(std::int64_t id, const Decision& decision) {
    database_.prepare("UPDATE subscribers SET name = ?, attributes = ? WHERE id = ?")
        .bind(decision.name)
        .bind(decision.attributes)
        .bind(id)
        .run();
  }

  void confirm(std::int64_t id) {
    database_
        .prepare(
            "INSERT INTO subscriptions (list_id, subscriber_id, state, since, evidence_id) "
            "VALUES (?, ?, 1, ?, ?) ON CONFLICT (list_id, subscriber_id) DO UPDATE SET "
            "state = 1, since = excluded.since, evidence_id = excluded.evidence_id")
        .bind(list_)
        .bind(id)
        .bind(now_)
        .bind(evidence_())
        .run();
  }

  void know_attributes(const std::string& attributes) {
    if (attributes == "{}") return;
    const auto object = json::parse(attributes, nullptr, false);
    for (const auto& [name, value] : object.items()) {
      if (!known_names_.insert(name).second) continue;
      database_.prepare("INSERT INTO attribute_names VALUES (?) ON CONFLICT DO NOTHING")
          .bind(name)
          .run();
    }
  }

  Database& database_;
  const std::int64_t list_;
  const std::function<std::int64_t()> evidence_;
  const Instant now_;
  std::unordered_set<std::string> known_names_;
};

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

Result<Added> SqliteSubscribers::add(const Entry& entry, std::string_view list, const Actor& actor,
                                     Instant now) {
  const auto address = admit(entry);
  if (!address) return fail(address.error().detail);
  Adder::Done done{Added::unchanged, 0};
  database_.transact([&] {
    const auto row = require_list(database_, list);
    Adder adder(
        database_, row.id,
        [&] { return add_evidence(database_, "operator", actor.name, {{"list", row.key}}, now); },
        now);
    done = adder.add(entry, *address);
    if (done.result == Added::added)
      note_event(database_, "subscriber.confirmed", actor.name, "added to " + row.key,
                 done.subscriber, now);
    else if (done.result == Added::updated)
      note_event(database_, "subscriber.updated", actor.name, "", done.subscriber, now);
  });
  return done.result;
}

namespace {

json to_json(const ImportSummary& summary) {
  return {{"read", summary.read},
          {"added", summary.added},
          {"updated", summary.updated},
          {"unchanged", summary.unchanged},
          {"skipped", summary.skipped}};
}

/// One import's rows, written some thousands a transaction.
class Import {
 public:
  Import(Database& database, std::string_view list, std::string_view source, Instant now)
      : database_(database), source_(source), now_(now), list_(require_list(database, list)) {}

  void take(Entry entry, std::int64_t row, std::int64_t line) {
    ++summary_.read;
    auto address = admit(entry);
    if (!address) return skip({row, line, address.error().reason, address.error().detail});
    batch_.push_back({std::move(entry), std::move(*address), row, line});
    if (static_cast<std::int64_t>(batch_.size()) >= rows_a_transaction) flush();
  }

  void take_unusable(SkippedRow row) {
    ++summary_.read;
    skip(std::move(row));
  }

  void flush() {
    if (batch_.empty()) return;
    const auto before = summary_;
    try {
      database_.transact([&] {
        for (const auto& row : batch_) add(row);
      });
    } catch (...) {
      summary_ = before;
      throw;
    }
    batch_.clear();
  }

  ImportSummary finish() {
    flush();
    const auto text = to_json(summary_).dump();
    database_.transact([&] {
      evidence();
      database_.prepare("UPDATE imports SET finished_at = ?, summary = ? WHERE id = ?")
          .bind(now_)
          .bind(text)
          .bind(summary_.import)
          .run();
      note_event(database_, "import.finished", "import " + std::to_string(summary_.import),
                 source_ + ": " + text, {}, now_);
    });
    return summary_;
  }

 private:
  struct Pending {
    Entry entry;
    mail::Address address;
    std::int64_t row;
    std::int64_t line;
  };

  void skip(SkippedRow row) {
    ++summary_.skipped[row.reason];
    if (summary_.examples.size() < most_examples) summary_.examples.push_back(std::move(row));
  }

  void add(const Pending& pending) {
    switch (const auto result = adder_.add(pending.entry, pending.address).result) {
      case Added::added:
        ++summary_.added;
        break;
      case Added::updated:
        ++summary_.updated;
        break;
      case Added::unchanged:
        ++summary_.unchanged;
        break;
      case Added::skipped_unsubscribed:
      case Added::skipped_suppressed:
        skip({pending.row, pending.line, std::string(skip_reason(result)), pending.entry.email});
        break;
    }
  }

  std::int64_t evidence() {
    if (evidence_ != 0) return evidence_;
    evidence_ = add_evidence(database_, "import", "operator",
                             {{"source", source_}, {"list", list_.key}}, now_);
    database_.prepare("INSERT INTO imports (at, source, list_id, evidence_id) VALUES (?, ?, ?, ?)")
        .bind(now_)
        .bind(source_)
        .bind(list_.id)
        .bind(evidence_)
        .run();
    summary_.import = database_.last_insert_id();
    return evidence_;
  }

  Database& database_;
  const std::string source_;
  const Instant now_;
  const ListRow list_;
  ImportSummary summary_;
  std::int64_t evidence_ = 0;
  Adder adder_{database_, list_.id, [this] { return evidence(); }, now_};
  std::vector<Pending> batch_;
};

}  // namespace

Result<ImportSummary> SqliteSubscribers::import(const Reading& reading, std::string_view list,
                                                std::string_view source, Instant now) {
  Import import(database_, list, source, now);
  const auto read = reading([&](Entry entry, std::int64_t row,
                                std::int64_t line) { import.take(std::move(entry), row, line); },
                            [&](SkippedRow row) { import.take_unusable(std::move(row)); });
  if (!read) return tl::make_unexpected(read.error());
  return import.finish();
}

namespace {

constexpr std::string_view subscriber_columns =
    "SELECT s.id, s.uid, s.email, s.name, s.attributes, s.created_at, "
    "(SELECT x.reason FROM suppressions x WHERE x.canonical = s.canonical), s.canonical "
    "FROM subscribers s ";

Subscriber read_subscriber(const Statement& query) {
  Subscriber subscriber;
  subscriber.id = {query.integer(0)};
  subscriber.uid = query.uid(1);
  subscriber.email = query.text(2);
  subscriber.name = query.text(3);
  subscriber.attributes = query.text(4);
  subscriber.created_at = query.instant(5);
  if (!query.is_null(6)) subscriber.suppressed = query.text(6);
  return subscriber;
}

void add_subscriptions(Database& database, Subscriber& subscriber) {
  auto query = database.prepare(
      "SELECT l.key, n.state, n.since, "
      "coalesce(e.kind || ' of ' || (e.detail ->> 'source'), e.kind, '') FROM subscriptions n "
      "JOIN lists l ON l.id = n.list_id LEFT JOIN evidence e ON e.id = n.evidence_id "
      "WHERE n.subscriber_id = ? ORDER BY l.id");
  query.bind(subscriber.id.value);
  while (query.step())
    subscriber.subscriptions.push_back({query.text(0),
                                        static_cast<SubscriptionState>(query.integer(1)),
                                        query.instant(2), query.text(3)});
}

std::optional<Subscriber> only_subscriber(Database& database, Statement& query) {
  if (!query.step()) return {};
  auto subscriber = read_subscriber(query);
  add_subscriptions(database, subscriber);
  return subscriber;
}

bool fits(const Subscriber& subscriber, const ListFilter& filter) {
  if (filter.list.empty() && !filter.state) return true;
  for (const auto& subscription : subscriber.subscriptions)
    if ((filter.list.empty() || subscription.list == filter.list) &&
        (!filter.state || subscription.state == *filter.state))
      return true;
  return false;
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

void SqliteSubscribers::each(const ListFilter& filter,
                             const std::function<void(const Subscriber&)>& visit) {
  constexpr std::int64_t page_size = 500;
  std::string last;
  for (;;) {
    std::vector<Subscriber> page;
    std::string page_end;
    {
      auto query = database_.prepare(std::string(subscriber_columns) +
                                     "WHERE s.canonical > ? ORDER BY s.canonical LIMIT ?");
      query.bind(last).bind(page_size);
      while (query.step()) {
        page.push_back(read_subscriber(query));
        page_end = query.text(7);
      }
    }
    if (page.empty()) return;
    for (auto& subscriber : page) {
      add_subscriptions(database_, subscriber);
      if (fits(subscriber, filter)) visit(subscriber);
    }
    last = std::move(page_end);
  }
}

std::set<std::string> SqliteSubscribers::attribute_names() {
  std::set<std::string> names;
  auto query = database_.prepare("SELECT name FROM attribute_names");
  while (query.step()) names.insert(query.text(0));
  return names;
}

}  // namespace postrider::store
