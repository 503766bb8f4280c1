// Tokens in links: they say who, for which list and in which context, and cannot be guessed,
// changed or used for another purpose.
//
//   version 1 | key id 2 | subject 16 | list 8 | context 8 | mac 16     51 octets
//
// written in 68 characters of base64url. The purpose is not in the token: it is bound by the MAC
// (HMAC-SHA-256 cut to 128 bits), so that the link for one door does not open another. Nothing in
// it can be read: subject, list and context are random ids or opaque to readers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hmac.h"
#include "base/random.h"

namespace postrider {

/// What a token is good for. The numbers are part of the format.
enum class Purpose : std::uint8_t {
  unsubscribe = 1,
  message_id = 2,
  confirm = 3,
  resubscribe = 4,
  preferences = 5,
  change_address = 6,
  erase = 7,
  sign_up_form = 8,
  returned = 9,        // ReturnClaims
  leave_by_mail = 10,  // ReturnClaims
  approve = 11,        // daemon/approval.h
};

struct TokenClaims {
  Uid subject{};              // a subscriber's random id
  std::uint64_t list = 0;     // a list's random id; 0: none
  std::uint64_t context = 0;  // an issue's or notice's random id, or a time since 1970

  bool operator==(const TokenClaims&) const = default;
};

/// Whose mail something is about: what an address to which mail comes back has room for.
struct ReturnClaims {
  std::uint64_t context = 0;                 // an issue's or notice's random id
  std::array<std::uint8_t, 8> subject = {};  // the beginning of a subscriber's random id; 0: nobody

  bool operator==(const ReturnClaims&) const = default;
};

ReturnClaims return_claims(std::uint64_t context, const Uid& subject);

/// How many characters a token for an address has.
constexpr std::size_t return_token_length = 47;

/// The keys that sign and verify. Immutable once loaded, so safe to share between threads.
class TokenKeys {
 public:
  struct Key {
    std::uint16_t id;
    std::string secret;  // 32 octets
  };

  /// The first key signs; all verify.
  explicit TokenKeys(std::vector<Key> keys);

  /// Reads `directory`/token.keys, or systemd's credential of that name; where both are missing,
  /// makes the file with a new key (mode 0600). Processes that do so at once all read the same key.
  static Result<TokenKeys> load_or_create(const std::filesystem::path& directory);

  /// For another use than tokens (base/fingerprints.h): a secret from each key, in their order,
  /// that tells nothing of it.
  std::vector<Key> derive(std::string_view use) const;

  /// Puts a new key before those of the file that `load_or_create` reads, made where it is missing:
  /// what is signed from the next load on, is signed with it, and what older keys signed still
  /// verifies. Its id.
  static Result<std::uint16_t> rotate(const std::filesystem::path& directory);

  std::string sign(Purpose purpose, const TokenClaims& claims) const;

  /// The key that signs.
  std::uint16_t newest() const { return keys_.front().id; }

  /// The same by that key, for what is to be signed alike after a rotation; by the newest where it
  /// is there no more (or -1).
  std::string sign(Purpose purpose, const TokenClaims& claims, int key) const;

  /// Nothing where the token is malformed, of another purpose or version, or forged. Compares in
  /// constant time.
  std::optional<TokenClaims> verify(Purpose purpose, std::string_view token) const;

  /// A token for the local part of an address (base/return_token.cpp): lower-case letters and the
  /// digits 2 to 7.
  std::string sign_return(Purpose purpose, const ReturnClaims& claims) const;

  /// As `verify`, but upper-case letters, which servers may make of them, are as good.
  std::optional<ReturnClaims> verify_return(Purpose purpose, std::string_view token) const;

 private:
  struct PreparedKey {
    std::uint16_t id;
    HmacSha256 mac;
  };

  std::vector<PreparedKey> keys_;
};

/// Tokens of the right shape that open nothing: for previews and tests.
std::string inert_token();
std::string inert_return_token();

}  // namespace postrider
