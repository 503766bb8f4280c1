// Carries out what subscribers::decide says of one entry and one list. Belongs to the thread of its
// Database; each call is made inside a transaction.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/fingerprints.h"
#include "base/ids.h"
#include "store/sqlite.h"
#include "subscribers/registration.h"

namespace postrider::store {

struct ListRow {
  std::int64_t id;
  std::string key;
};

/// Throws std::logic_error where there is none of that key: the settings' lists are all known.
ListRow require_list(Database& database, std::string_view key);

/// The row of an address's domain (ASCII, lower case), made where there was none.
std::int64_t domain_id(Database& database, std::string_view name);

/// The new record's id. `detail` is a JSON object. `subscriber`: whose it is, and with whom it is
/// erased; nothing: an import's.
std::int64_t add_evidence(Database& database, std::string_view kind, std::string_view actor,
                          const std::string& detail, Instant now,
                          std::optional<SubscriberId> subscriber);

/// The fingerprints of erased addresses, read when they are needed.
using ErasedKeys = std::function<const Fingerprints&()>;

/// Ids that lie together in an index and give nothing away but that: 32 bits are the same for all
/// of a series, 96 are random. In an index of a million, a transaction with ids from everywhere
/// writes a page for each.
class UidSeries {
 public:
  UidSeries();
  Uid next();

 private:
  static constexpr std::size_t common_octets = 4;
  static constexpr std::size_t at_once = 64;

  Uid uid_;
  std::array<std::uint8_t, at_once*(std::tuple_size_v<Uid> - common_octets)> random_{};
  std::size_t left_ = 0;  // of at_once
};

/// What the database holds of one address and one list.
struct KnownReader {
  std::int64_t id = 0;  // 0: none
  subscribers::Known known;
  std::optional<Instant> joined;  // confirmed then, the last time
  std::int64_t evidence = 0;      // of the subscription; 0: none
  std::string consent;            // JSON; empty: none
};

class SubscriberWriter {
 public:
  /// `evidence`: makes the record that a new subscription of that reader points to, or gives the
  /// one that there is. `import`: which one; 0: none. Without `keys`, who was erased is not looked
  /// for.
  SubscriberWriter(Database& database, ListRow list,
                   std::function<std::int64_t(SubscriberId)> evidence, std::int64_t import = 0,
                   ErasedKeys keys = {});

  /// Before a transaction's rows, which are of addresses from the one to the other: what they have
  /// in common is found out once.
  void begin_step(std::string_view first_canonical, std::string_view last_canonical);

  KnownReader look_up(std::string_view canonical);

  /// The subscriber's id; 0: is suppressed, and none. `email`: a new one's, as of
  /// mail::Address::str; `canonical`: as of that.
  std::int64_t write(const KnownReader& reader, const subscribers::Entry& entry,
                     std::string_view email, std::string_view canonical,
                     const subscribers::Decision& decision, Instant now);

 private:
  std::int64_t insert(std::string_view email, std::string_view canonical,
                      const subscribers::Person& person, Instant now);
  void update(std::int64_t id, const subscribers::Person& person);
  void subscribe(std::int64_t id, const subscribers::Decision& decision,
                 const subscribers::Consent& consent);
  std::int64_t domain_id(std::string_view name);
  void know_attributes(const subscribers::Entry& entry);

  Database& database_;
  const ListRow list_;
  const std::function<std::int64_t(SubscriberId)> evidence_;
  const std::int64_t import_;
  const ErasedKeys keys_;
  std::optional<UidSeries> uids_;
  bool all_are_new_ = false;    // nobody of this step is known
  bool any_suppressed_ = true;  // of this step, perhaps
  bool any_erased_ = true;      // in all, perhaps
  std::string domain_;          // the last one looked up
  std::int64_t domain_id_ = 0;
  std::unordered_set<std::string> known_names_;  // of attributes
};

/// Of a consent record: JSON; empty where there is nothing in it.
std::string to_json(const subscribers::Consent& consent);

}  // namespace postrider::store
