// Tokens in addresses to which mail comes back (VERP): shorter than those of links, since a local
// part has 64 octets at most, and without case, since servers may change it (RFC 5321 §2.4).
//
//   version 1 | key id 2 | context 8 | subject 8 | mac 10     29 octets
//
// written in 47 characters of base32 (RFC 4648 §6) without padding.
#include <algorithm>
#include <openssl/crypto.h>
#include <span>

#include "base/token.h"

namespace postrider {

namespace {

constexpr std::uint8_t return_version = 1;
constexpr std::size_t return_signed_length = 1 + 2 + 8 + 8;
constexpr std::size_t return_mac_length = 10;
using Bytes = std::array<std::uint8_t, return_signed_length + return_mac_length>;

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";

std::string base32(const Bytes& bytes) {
  std::string text;
  unsigned waiting = 0, bits = 0;
  for (const auto byte : bytes) {
    waiting = waiting << 8 | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += letters[waiting >> (bits - 5) & 31];
  }
  if (bits > 0) text += letters[waiting << (5 - bits) & 31];
  return text;
}

std::optional<Bytes> from_base32(std::string_view text) {
  if (text.size() != return_token_length) return {};
  Bytes bytes{};
  std::size_t count = 0;
  unsigned waiting = 0, bits = 0;
  for (const char c : text) {
    const auto value = letters.find(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    if (value == std::string_view::npos) return {};
    waiting = waiting << 5 | static_cast<unsigned>(value);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[count++] = static_cast<std::uint8_t>(waiting >> bits);
  }
  // One canonical form: what is left over of the last character is zero.
  if ((waiting & ((1U << bits) - 1)) != 0) return {};
  return bytes;
}

/// The same parts are signed whatever stands in the token.
Sha256 mac(const HmacSha256& key, Purpose purpose, const Bytes& bytes) {
  const auto first = static_cast<char>(purpose);
  return key({&first, 1}, {reinterpret_cast<const char*>(bytes.data()), return_signed_length});
}

}  // namespace

ReturnClaims return_claims(std::uint64_t context, const Uid& subject) {
  ReturnClaims claims{context};
  std::copy_n(subject.begin(), claims.subject.size(), claims.subject.begin());
  return claims;
}

std::string TokenKeys::sign_return(Purpose purpose, const ReturnClaims& claims) const {
  const auto& key = keys_.front();
  Bytes bytes{return_version, static_cast<std::uint8_t>(key.id >> 8),
              static_cast<std::uint8_t>(key.id)};
  for (std::size_t i = 0; i < 8; ++i)
    bytes[3 + i] = static_cast<std::uint8_t>(claims.context >> (56 - 8 * i));
  std::copy(claims.subject.begin(), claims.subject.end(), bytes.begin() + 11);
  const auto digest = mac(key.mac, purpose, bytes);
  std::copy_n(digest.begin(), return_mac_length, bytes.begin() + return_signed_length);
  return base32(bytes);
}

std::optional<ReturnClaims> TokenKeys::verify_return(Purpose purpose,
                                                     std::string_view token) const {
  const auto bytes = from_base32(token);
  if (!bytes || (*bytes)[0] != return_version) return {};
  const auto id = static_cast<std::uint16_t>((*bytes)[1] << 8 | (*bytes)[2]);
  const auto key =
      std::find_if(keys_.begin(), keys_.end(), [id](const PreparedKey& k) { return k.id == id; });
  if (key == keys_.end()) return {};
  const auto digest = mac(key->mac, purpose, *bytes);
  if (CRYPTO_memcmp(digest.data(), bytes->data() + return_signed_length, return_mac_length) != 0)
    return {};
  ReturnClaims claims;
  for (std::size_t i = 0; i < 8; ++i) claims.context = claims.context << 8 | (*bytes)[3 + i];
  std::copy_n(bytes->begin() + 11, claims.subject.size(), claims.subject.begin());
  return claims;
}

std::string inert_return_token() {
  Bytes bytes{};
  fill_random(bytes);
  bytes[0] = 0;  // no version: verifies nowhere
  return base32(bytes);
}

}  // namespace postrider
