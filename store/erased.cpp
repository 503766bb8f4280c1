#include "store/erased.h"

#include <algorithm>
#include <vector>

namespace postrider::store {

namespace {

std::string_view octets(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

/// The statement's parameters: key and hash.
Statement& bind(Statement& statement, const Fingerprint& print) {
  return statement.bind(static_cast<std::int64_t>(print.key)).bind_blob(octets(print.hash));
}

Fingerprint read(const Statement& query) {
  Fingerprint print{static_cast<std::uint64_t>(query.integer(0)), {}};
  const auto bytes = query.view(1);
  std::copy_n(bytes.begin(), std::min(bytes.size(), print.hash.size()), print.hash.begin());
  return print;
}

}  // namespace

bool any_erased(Database& database) {
  return database.prepare("SELECT 1 FROM erased LIMIT 1").step();
}

std::int64_t count_erased(Database& database) {
  auto query = database.prepare("SELECT count(*) FROM erased");
  query.step();
  return query.integer(0);
}

std::int64_t count_unusable(Database& database, const Fingerprints& keys) {
  std::int64_t unusable = 0;
  auto query = database.prepare("SELECT key_id, count(*) FROM erased GROUP BY key_id");
  while (query.step())
    if (!keys.has_key(static_cast<std::uint64_t>(query.integer(0)))) unusable += query.integer(1);
  return unusable;
}

void each_erased(Database& database, const std::function<void(const ErasedHash&)>& visit) {
  constexpr std::int64_t page_size = 1000;
  // Keys are compared as they are stored: with a sign.
  Fingerprint last{std::uint64_t{1} << 63, {}};
  for (;;) {
    std::vector<ErasedHash> page;
    {
      auto query = database.prepare(
          "SELECT key_id, hash, at FROM erased WHERE (key_id, hash) > (?, ?) "
          "ORDER BY key_id, hash LIMIT ?");
      bind(query, last).bind(page_size);
      while (query.step()) page.push_back({read(query), query.instant(2)});
    }
    if (page.empty()) return;
    for (const auto& one : page) visit(one);
    last = page.back().fingerprint;
  }
}

bool is_erased(Database& database, const Fingerprint& fingerprint) {
  auto query = database.prepare("SELECT 1 FROM erased WHERE key_id = ? AND hash = ?");
  return bind(query, fingerprint).step();
}

bool add_erased(Database& database, const ErasedHash& hash, std::optional<std::int64_t> import) {
  auto insert = database.prepare(
      "INSERT INTO erased (key_id, hash, at, import_id) VALUES (?, ?, ?, ?) "
      "ON CONFLICT DO NOTHING");
  return bind(insert, hash.fingerprint).bind(hash.at).bind(import).run() > 0;
}

bool confirm_erased(Database& database, const Fingerprint& fingerprint) {
  auto update =
      database.prepare("UPDATE erased SET import_id = NULL WHERE key_id = ? AND hash = ?");
  return bind(update, fingerprint).run() > 0;
}

bool ErasedAddresses::knows(std::string_view canonical) const {
  const auto prints = keys_.all(canonical);
  return std::any_of(prints.begin(), prints.end(),
                     [this](const Fingerprint& print) { return is_erased(database_, print); });
}

void ErasedAddresses::remember(std::string_view canonical, Instant now) {
  // What an import knew is now known here too, and stays where that is undone.
  bool known = false;
  for (const auto& print : keys_.all(canonical)) known |= confirm_erased(database_, print);
  if (!known) add_erased(database_, {keys_.of(canonical), now}, {});
}

bool ErasedAddresses::forget(std::string_view canonical) {
  std::int64_t forgotten = 0;
  for (const auto& print : keys_.all(canonical)) {
    auto remove = database_.prepare("DELETE FROM erased WHERE key_id = ? AND hash = ?");
    forgotten += bind(remove, print).run();
  }
  return forgotten > 0;
}

}  // namespace postrider::store
