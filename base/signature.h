// Signatures by public keys, and certificates that prove whose key it is, by OpenSSL. Immutable
// once made, so safe to share between threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace postrider {

/// RFC 4648 §4 with padding; nothing where it is anything but the one canonical form.
std::optional<std::string> from_base64(std::string_view text);

/// Whether both are the same, in a time that does not tell where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

enum class Digest { sha1, sha256 };

class PublicKey {
 public:
  /// `der`: SubjectPublicKeyInfo (RFC 5280 §4.1) of a key on the curve P-256.
  static Result<PublicKey> of_p256(std::string_view der);

  /// Of ECDSA (RFC 3279 §2.2.3) or RSA (RFC 8017 §8.2), whichever the key is for.
  bool verify(Digest digest, std::string_view message, std::string_view signature) const;

 private:
  friend class CertificateChain;
  struct Key;
  explicit PublicKey(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;
};

/// A certificate with those that lead from it to one that is trusted, as far as they are known.
class CertificateChain {
 public:
  /// In PEM: the first one is what is to be proven.
  static Result<CertificateChain> parse(std::string_view pem);
  /// One more that may lead on, in DER. False: it is none.
  bool add(std::string_view der);

  /// Where the issuer of the last one in the chain is to be had (RFC 5280 §4.2.2.1); empty: it does
  /// not say.
  std::string issuer_url() const;

  /// The key of the first one, an RSA key: if the chain leads to a certificate in `trusted` (a PEM
  /// file), is valid at `now`, and one of `names` is its own.
  Result<PublicKey> prove(const std::string& trusted, const std::vector<std::string>& names,
                          Instant now) const;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace postrider
