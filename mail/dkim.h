// DKIM signatures (RFC 6376), relaxed/relaxed, without l=; RSA-2048 with SHA-256 and Ed25519
// (RFC 8463). Keys by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"

namespace postrider::mail {

enum class DkimAlgorithm { rsa_sha256, ed25519_sha256 };

/// One key that signs for one domain. Copies share the key; `sign` is safe from several threads.
class DkimSigner {
 public:
  /// `pem`: a private key, RSA of at least 2048 bits or Ed25519. The error speaks of the key.
  static Result<DkimSigner> make(std::string_view pem, std::string domain, std::string selector);

  /// The DKIM-Signature field with CRLF, to stand before the `header` it signs. `header`: the
  /// message's fields as sent, each ending in CRLF. `body_hash`: SHA-256 of the body in relaxed
  /// form. Every field of the header that is named in mail-facts (From, To, Subject, Date, …) is
  /// signed, and those that must stay alone are oversigned.
  std::string sign(std::string_view header, const Sha256& body_hash, Instant now) const;

  DkimAlgorithm algorithm() const;
  const std::string& selector() const;

 private:
  struct Key;
  explicit DkimSigner(std::shared_ptr<const Key> key);
  std::shared_ptr<const Key> key_;
};

/// A new private key in PEM (PKCS #8).
std::string generate_dkim_key(DkimAlgorithm algorithm);

/// The DNS record that publishes a private key: one zone-file line, the text in strings of at most
/// 255 octets: `postrider._domainkey.report.example. IN TXT ( "v=DKIM1; k=rsa; p=…" "…" )`.
Result<std::string> dkim_record(std::string_view pem, std::string_view domain,
                                std::string_view selector);

}  // namespace postrider::mail
