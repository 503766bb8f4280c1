// Keyed hashes of texts: they tell again a text that is not kept. Who has the hashes but not the
// token keys can neither read nor guess it. Immutable once made, so safe to share between threads.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/hmac.h"
#include "base/token.h"

namespace postrider {

struct Fingerprint {
  std::uint64_t key = 0;  // which one made it: a number that follows from its secret
  Sha256 hash{};
  bool operator==(const Fingerprint&) const = default;
};

class Fingerprints {
 public:
  /// HMAC-SHA-256 with a secret that each token key gives for that use.
  Fingerprints(const TokenKeys& keys, std::string_view use);

  /// By the key that signs.
  Fingerprint of(std::string_view text) const;
  /// By every key, the one that signs first: a text that was seen under a retired key is told, too.
  std::vector<Fingerprint> all(std::string_view text) const;

  bool has_key(std::uint64_t key) const;

 private:
  struct Key {
    std::uint64_t id;
    HmacSha256 mac;
  };
  std::vector<Key> keys_;
};

}  // namespace postrider
