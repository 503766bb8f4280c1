#include "base/token.h"

#include <algorithm>
#include <charconv>
#include <openssl/crypto.h>
#include <span>
#include <stdexcept>

#include "base/files.h"
#include "base/text.h"

namespace postrider {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t signed_length = 1 + 2 + 16 + 8 + 8;
constexpr std::size_t mac_length = 16;
constexpr std::size_t token_length = signed_length + mac_length;
constexpr std::size_t secret_length = 32;

template <class Integer>
void put(std::uint8_t*& at, Integer value) {
  for (int shift = (static_cast<int>(sizeof value) - 1) * 8; shift >= 0; shift -= 8)
    *at++ = static_cast<std::uint8_t>(value >> shift);
}

template <class Integer>
Integer take(const std::uint8_t*& at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) value = (value << 8) | *at++;
  return static_cast<Integer>(value);
}

/// A line of token.keys: "1 0123…ef": a key's id and its secret in hex.
std::optional<TokenKeys::Key> parse_key(std::string_view line) {
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return {};
  TokenKeys::Key key{};
  const auto id = line.substr(0, blank);
  const auto secret = line.substr(blank + 1);
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), key.id);
  if (error != std::errc{} || end != id.data() + id.size() || secret.size() != secret_length * 2)
    return {};
  for (std::size_t i = 0; i < secret.size(); i += 2) {
    unsigned byte = 0;
    const auto* first = secret.data() + i;
    if (std::from_chars(first, first + 2, byte, 16).ptr != first + 2) return {};
    key.secret += static_cast<char>(byte);
  }
  return key;
}

}  // namespace

namespace {

/// Purposes are numbered from 1, so that nothing that is derived is ever part of a token.
constexpr std::string_view derived("\0", 1);

Sha256 mac(const HmacSha256& key, Purpose purpose, std::span<const std::uint8_t> bytes) {
  const auto first = static_cast<char>(purpose);
  return key({&first, 1}, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

TokenKeys::TokenKeys(std::vector<Key> keys) {
  if (keys.empty()) throw std::logic_error("no token key");
  for (const auto& key : keys) keys_.push_back({key.id, HmacSha256(key.secret)});
}

Result<TokenKeys> TokenKeys::load_or_create(const std::filesystem::path& directory) {
  const auto path = find_secret(directory / "token.keys");
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    std::array<std::uint8_t, secret_length> secret;
    fill_random(secret);
    try {
      // Whoever came first has made it: that one is read below.
      create_file(path, "1 " + hex(secret) + "\n", 0600);
    } catch (const std::filesystem::filesystem_error& error) {
      return fail(path.string() + ": cannot be made: " + error.code().message());
    }
  }
  const auto text = read_secret(path);
  if (!text) return tl::make_unexpected(text.error());
  std::vector<Key> keys;
  for (const auto line : split(*text, '\n')) {
    auto key = parse_key(trim(line));
    if (!key)
      return fail(path.string() + ":" + std::to_string(keys.size() + 1) +
                  ": is no token key; restore the file from a backup, or delete it: links in mails "
                  "already sent then stop working");
    keys.push_back(std::move(*key));
  }
  return TokenKeys(std::move(keys));
}

std::vector<TokenKeys::Key> TokenKeys::derive(std::string_view use) const {
  std::vector<Key> keys;
  for (const auto& key : keys_) {
    const auto secret = key.mac(derived, use);
    keys.push_back({key.id, {reinterpret_cast<const char*>(secret.data()), secret.size()}});
  }
  return keys;
}

std::string TokenKeys::sign(Purpose purpose, const TokenClaims& claims) const {
  return sign(purpose, claims, newest());
}

std::string TokenKeys::sign(Purpose purpose, const TokenClaims& claims, int wanted) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [wanted](const PreparedKey& k) { return k.id == wanted; });
  const auto& key = found == keys_.end() ? keys_.front() : *found;
  std::array<std::uint8_t, token_length> bytes;
  auto* at = bytes.data();
  put(at, version);
  put(at, key.id);
  at = std::copy(claims.subject.begin(), claims.subject.end(), at);
  put(at, claims.list);
  put(at, claims.context);
  const auto digest = mac(key.mac, purpose, std::span(bytes).first(signed_length));
  std::copy_n(digest.begin(), mac_length, at);
  return base64url(bytes);
}

std::optional<TokenClaims> TokenKeys::verify(Purpose purpose, std::string_view token) const {
  constexpr std::size_t text_length = token_length / 3 * 4;
  std::vector<std::uint8_t> bytes;
  if (token.size() != text_length || !from_base64url(token, bytes)) return {};
  const std::uint8_t* at = bytes.data();
  if (take<std::uint8_t>(at) != version) return {};
  const auto id = take<std::uint16_t>(at);
  const auto key =
      std::find_if(keys_.begin(), keys_.end(), [id](const PreparedKey& k) { return k.id == id; });
  if (key == keys_.end()) return {};
  const auto digest = mac(key->mac, purpose, std::span(bytes).first(signed_length));
  if (CRYPTO_memcmp(digest.data(), bytes.data() + signed_length, mac_length) != 0) return {};
  TokenClaims claims;
  std::copy_n(at, claims.subject.size(), claims.subject.begin());
  at += claims.subject.size();
  claims.list = take<std::uint64_t>(at);
  claims.context = take<std::uint64_t>(at);
  return claims;
}

std::string inert_token() {
  std::array<std::uint8_t, token_length> bytes{};
  fill_random(bytes);
  bytes[0] = 0;  // no version: verifies nowhere
  return base64url(bytes);
}

}  // namespace postrider
