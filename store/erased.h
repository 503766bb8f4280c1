// Addresses whose owners were erased: known by keyed hashes alone, so that imports leave them out
// though they are not kept. Belongs to the thread of its Database.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/fingerprints.h"
#include "store/sqlite.h"

namespace postrider::store {

/// What Fingerprints of erased addresses are made for.
constexpr std::string_view erased_use = "erased address";

struct ErasedHash {
  Fingerprint fingerprint;
  Instant at;
};

/// Whether there is any: where nobody was erased, nobody has to be looked for.
bool any_erased(Database& database);
std::int64_t count_erased(Database& database);
/// Of them: made with a key that is not among these, so they tell nobody.
std::int64_t count_unusable(Database& database, const Fingerprints& keys);
/// In no order that says anything; by keyset pages.
void each_erased(Database& database, const std::function<void(const ErasedHash&)>& visit);

bool is_erased(Database& database, const Fingerprint& fingerprint);
/// `import`: that brings it; undoing it takes it away. False: it is there already.
bool add_erased(Database& database, const ErasedHash& hash, std::optional<std::int64_t> import);

/// It stays where the import that brought it is undone. False: it is not there.
bool confirm_erased(Database& database, const Fingerprint& fingerprint);

class ErasedAddresses {
 public:
  /// `keys`: of `erased_use`; must outlive this.
  ErasedAddresses(Database& database, const Fingerprints& keys)
      : database_(database), keys_(keys) {}

  /// `canonical`: mail::Address::canonical. By any key, retired ones, too.
  bool knows(std::string_view canonical) const;
  void remember(std::string_view canonical, Instant now);
  /// The owner signs up again, or the operator allows it. False: was not known.
  bool forget(std::string_view canonical);

 private:
  Database& database_;
  const Fingerprints& keys_;
};

}  // namespace postrider::store
