#include "base/fingerprints.h"

#include <algorithm>

namespace postrider {

Fingerprints::Fingerprints(const TokenKeys& keys, std::string_view use) {
  for (const auto& key : keys.derive(use)) {
    HmacSha256 mac(key.secret);
    // Numbers of token keys begin at 1 everywhere: another newsletter's key 1 is not ours.
    const auto digest = mac("key");
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < sizeof id; ++i) id = id << 8 | digest[i];
    keys_.push_back({id, std::move(mac)});
  }
}

Fingerprint Fingerprints::of(std::string_view text) const {
  return {keys_.front().id, keys_.front().mac(text)};
}

std::vector<Fingerprint> Fingerprints::all(std::string_view text) const {
  std::vector<Fingerprint> all;
  for (const auto& key : keys_) all.push_back({key.id, key.mac(text)});
  return all;
}

bool Fingerprints::has_key(std::uint64_t key) const {
  return std::any_of(keys_.begin(), keys_.end(), [key](const Key& one) { return one.id == key; });
}

}  // namespace postrider
