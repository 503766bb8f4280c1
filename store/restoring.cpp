#include "store/restoring.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/text.h"
#include "mail/address.h"
#include "store/erased.h"
#include "store/ledger.h"
#include "store/subscriber_writer.h"
#include "subscribers/formats/json_text.h"
#include "subscribers/formats/own_export.h"

namespace postrider::store {

using namespace postrider::subscribers;

namespace {

constexpr std::int64_t tell_every_restored = 1024;

/// Ends a transaction of which nothing is to stay.
struct Undone {};

class Restoring {
 public:
  Restoring(Database& database, const ErasedKeys& keys, const RestoreOrder& order)
      : database_(database), keys_(keys), order_(order) {
    for (const auto& list : Ledger(database).lists()) lists_[list.key] = list.id.value;
  }

  Result<void> take(const ExportedRecord& record) {
    if (order_.progress && ++records_ % tell_every_restored == 0) order_.progress(records_);
    return std::visit([this](const auto& one) { return put(one); }, record);
  }

  const RestoreSummary& summary() const { return summary_; }

 private:
  Result<void> put(const ExportedReader& reader) {
    const auto address = mail::parse_address(reader.email).value();
    const auto canonical = address.canonical();
    auto insert = database_.prepare(
        "INSERT INTO subscribers (uid, email, canonical, domain_id, name, attributes, language, "
        "time_zone, created_at, paused_until, left_all_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?) "
        "ON CONFLICT (canonical) DO NOTHING");
    const auto uid = uids_.next();
    if (insert.bind(uid)
            .bind(reader.email)
            .bind(canonical)
            .bind(domain_id(database_, address.domain))
            .bind(reader.name)
            .bind(reader.attributes)
            .bind(reader.language)
            .bind(reader.time_zone)
            .bind(reader.created_at)
            .bind(reader.paused_until)
            .bind(reader.left_all_at)
            .run() == 0)
      return fail(reader.email + " is in it twice");
    const SubscriberId id{database_.last_insert_id()};
    ++summary_.readers;
    know_attributes(reader.attributes);
    for (const auto& on : reader.subscriptions)
      if (auto done = subscribe(id, on); !done) return done;
    if (reader.suppression)
      return suppress(canonical, reader.suppression->reason, reader.suppression->at);
    return {};
  }

  Result<void> put(const Suppression& suppression) {
    const auto address = mail::parse_address(suppression.email).value();
    return suppress(address.canonical(), suppression.reason, suppression.at);
  }

  Result<void> put(const ExportedHash& hash) {
    if (add_erased(database_, {hash.fingerprint, hash.at}, {})) ++summary_.erased;
    if (!keys_().has_key(hash.fingerprint.key)) ++summary_.unusable;
    return {};
  }

  Result<void> suppress(const std::string& canonical, SuppressionReason reason, Instant at) {
    auto insert = database_.prepare(
        "INSERT INTO suppressions (canonical, reason, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    if (insert.bind(canonical).bind(to_string(reason)).bind(at).run() == 0)
      return fail(mail::address_of(canonical) + " is suppressed twice in it");
    ++summary_.suppressions;
    return {};
  }

  Result<void> subscribe(SubscriberId id, const ExportedSubscription& on) {
    const auto list = lists_.find(on.list);
    if (list == lists_.end())
      return fail("there is no list '" + printable(on.list) + "' in the settings; add it first");
    auto insert = database_.prepare(
        "INSERT INTO subscriptions (list_id, subscriber_id, state, since, joined_at, evidence_id, "
        "consent) VALUES (?, ?, ?, ?, ?, ?, nullif(?, '')) ON CONFLICT DO NOTHING");
    if (insert.bind(list->second)
            .bind(id.value)
            .bind(static_cast<std::int64_t>(parse_subscription_state(on.state).value()))
            .bind(on.since)
            .bind(on.joined_at)
            .bind(on.evidence ? std::optional(evidence(id, *on.evidence)) : std::nullopt)
            .bind(on.consent)
            .run() == 0)
      return fail("a reader is on " + on.list + " twice in it");
    ++summary_.subscriptions;
    return {};
  }

  /// That of an import is one row for all whom it brought.
  std::int64_t evidence(SubscriberId id, const ExportedEvidence& it) {
    if (it.kind != "import")
      return add_evidence(database_, it.kind, it.actor, it.detail, it.at, id);
    const auto [known, is_new] = imported_.try_emplace({it.actor, it.at, it.detail}, 0);
    if (is_new) known->second = add_evidence(database_, it.kind, it.actor, it.detail, it.at, {});
    return known->second;
  }

  void know_attributes(const std::string& attributes) {
    if (attributes == "{}") return;
    for (const auto& [name, value] : json_members(attributes).value_or(Members{}))
      if (names_.insert(name).second)
        database_.prepare("INSERT INTO attribute_names VALUES (?) ON CONFLICT DO NOTHING")
            .bind(name)
            .run();
  }

  Database& database_;
  const ErasedKeys& keys_;
  const RestoreOrder& order_;
  std::map<std::string, std::int64_t, std::less<>> lists_;
  std::map<std::tuple<std::string, Instant, std::string>, std::int64_t> imported_;
  std::set<std::string> names_;
  UidSeries uids_;
  std::int64_t records_ = 0;
  RestoreSummary summary_;
};

}  // namespace

bool can_restore(Database& database) {
  return !database
              .prepare(
                  "SELECT 1 FROM (SELECT 1 FROM subscribers UNION ALL SELECT 1 FROM suppressions "
                  "UNION ALL SELECT 1 FROM erased) LIMIT 1")
              .step();
}

Result<RestoreSummary> restore(Database& database, std::istream& in, const ErasedKeys& keys,
                               const RestoreOrder& order, Instant now) {
  Restoring restoring(database, keys, order);
  Result<void> done;
  try {
    database.transact([&] {
      if (!can_restore(database))
        done = fail(
            "is an export of Postrider, which is read back as a whole, into a newsletter without "
            "readers, suppressions and erased addresses; there are some here");
      else
        done =
            read_export(in, [&](const ExportedRecord& record) { return restoring.take(record); });
      if (!done || order.dry_run) throw Undone{};
      Ledger(database).note_event(
          "import.restored",
          order.source + ": " + counted(restoring.summary().readers, "subscriber"), "operator",
          now);
    });
  } catch (const Undone&) {
    if (!done) return tl::make_unexpected(done.error());
  }
  return restoring.summary();
}

}  // namespace postrider::store
