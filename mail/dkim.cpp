#include "mail/dkim.h"

#include <algorithm>
#include <array>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <vector>

#include "base/text.h"

namespace postrider::mail {

namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Pkey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;

void require(bool worked, const char* what) {
  if (worked) return;
  ERR_clear_error();
  throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

Pkey read_key(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // No password callback: an encrypted key must not ask on a terminal.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  return key;
}

std::string_view bytes_of(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

/// One field's "name:value" in relaxed form without its CRLF (RFC 6376 §3.4.2).
void append_relaxed(std::string& out, std::string_view field) {
  const auto colon = field.find(':');
  out += to_lower(trim(field.substr(0, colon)));
  out += ':';
  bool blank = false;
  bool begun = false;
  for (const char c : field.substr(colon + 1)) {
    if (c == '\r' || c == '\n') continue;
    if (c == ' ' || c == '\t') {
      blank = true;
      continue;
    }
    if (blank && begun) out += ' ';
    blank = false;
    begun = true;
    out += c;
  }
}

/// The header's fields in order, folded lines together, without the last CRLF.
std::vector<std::string_view> split_fields(std::string_view header) {
  std::vector<std::string_view> fields;
  while (!header.empty()) {
    auto end = header.find("\r\n");
    while (end != std::string_view::npos && end + 2 < header.size() &&
           (header[end + 2] == ' ' || header[end + 2] == '\t'))
      end = header.find("\r\n", end + 2);
    fields.push_back(header.substr(0, end));
    if (end == std::string_view::npos) break;
    header.remove_prefix(end + 2);
  }
  return fields;
}

/// Signed where they are there.
constexpr std::array<std::string_view, 15> signed_fields{
    "From",        "To",         "Cc",           "Subject",          "Date",
    "Reply-To",    "Message-ID", "List-Id",      "List-Unsubscribe", "List-Unsubscribe-Post",
    "Feedback-ID", "Precedence", "MIME-Version", "Content-Type",     "Content-Transfer-Encoding"};

/// Named once more than they are there, so that nobody adds another one (RFC 6376 §8.15).
constexpr std::array<std::string_view, 11> oversigned_fields{"From",
                                                             "To",
                                                             "Cc",
                                                             "Subject",
                                                             "Date",
                                                             "Reply-To",
                                                             "Message-ID",
                                                             "MIME-Version",
                                                             "Content-Type",
                                                             "List-Unsubscribe",
                                                             "List-Unsubscribe-Post"};

bool is_oversigned(std::string_view name) {
  return std::find(oversigned_fields.begin(), oversigned_fields.end(), name) !=
         oversigned_fields.end();
}

/// A list of words folded at a separator that stays at the line's end.
void append_folded(std::string& out, std::string_view text, std::size_t width) {
  for (; text.size() > width; text.remove_prefix(width)) {
    out += text.substr(0, width);
    out += "\r\n\t";
  }
  out += text;
}

std::string public_key(EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
    // RFC 8463 §4.2: the bare 32 octets.
    std::string raw(32, '\0');
    std::size_t length = raw.size();
    require(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()),
                                        &length) == 1,
            "write a public key");
    return raw;
  }
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key, &der);
  require(length > 0, "write a public key");
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

struct DkimSigner::Key {
  Pkey key;
  DkimAlgorithm algorithm;
  std::string domain;
  std::string selector;

  std::string sign(const std::string& canonical) const {
    const DigestContext context(EVP_MD_CTX_new());
    Sha256 hash{};
    std::string_view input = canonical;
    const EVP_MD* digest = EVP_sha256();
    if (algorithm == DkimAlgorithm::ed25519_sha256) {
      // RFC 8463 §3: Ed25519 signs the SHA-256 of the header, not the header.
      hash = sha256(canonical);
      input = bytes_of(hash);
      digest = nullptr;
    }
    require(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) == 1,
            "begin a signature");
    std::string signature(512, '\0');
    std::size_t length = signature.size();
    require(
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                       reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1,
        "sign");
    signature.resize(length);
    return signature;
  }
};

DkimSigner::DkimSigner(std::shared_ptr<const Key> key) : key_(std::move(key)) {}

DkimAlgorithm DkimSigner::algorithm() const { return key_->algorithm; }
const std::string& DkimSigner::selector() const { return key_->selector; }

Result<DkimSigner> DkimSigner::make(std::string_view pem, std::string domain,
                                    std::string selector) {
  auto key = read_key(pem);
  if (!key) return fail("is no private key in PEM");
  auto made = std::make_shared<Key>();
  const int kind = EVP_PKEY_get_base_id(key.get());
  if (kind == EVP_PKEY_ED25519) {
    made->algorithm = DkimAlgorithm::ed25519_sha256;
  } else if (kind == EVP_PKEY_RSA) {
    if (EVP_PKEY_get_bits(key.get()) < 2048 || EVP_PKEY_get_bits(key.get()) > 4096)
      return fail("is an RSA key of " + std::to_string(EVP_PKEY_get_bits(key.get())) +
                  " bits; receivers want 2048 to 4096");
    made->algorithm = DkimAlgorithm::rsa_sha256;
  } else {
    return fail("is neither an RSA nor an Ed25519 key");
  }
  made->key = std::move(key);
  made->domain = std::move(domain);
  made->selector = std::move(selector);
  return DkimSigner(std::move(made));
}

std::string DkimSigner::sign(std::string_view header, const Sha256& body_hash, Instant now) const {
  const auto fields = split_fields(header);
  std::string names;
  std::string canonical;
  canonical.reserve(header.size() + 1024);
  const auto add_name = [&names](std::string_view name) {
    // h= is folded where a name would make its line too long.
    const auto line_start = names.rfind('\n');
    const auto used =
        line_start == std::string::npos ? names.size() + 4 : names.size() - line_start;
    if (!names.empty()) names += used + name.size() > 68 ? ":\r\n\t" : ":";
    names += name;
  };
  for (const auto name : signed_fields) {
    // Several fields of one name are taken from the bottom up (RFC 6376 §5.4.2).
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
      if (field->size() <= name.size() || (*field)[name.size()] != ':' ||
          !iequals(field->substr(0, name.size()), name))
        continue;
      add_name(name);
      append_relaxed(canonical, *field);
      canonical += "\r\n";
    }
    if (is_oversigned(name)) add_name(name);
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::string field = "DKIM-Signature: v=1; a=";
  field += key_->algorithm == DkimAlgorithm::rsa_sha256 ? "rsa-sha256" : "ed25519-sha256";
  field += "; c=relaxed/relaxed;\r\n\td=" + key_->domain + "; s=" + key_->selector +
           "; t=" + std::to_string(seconds) + ";\r\n\th=" + names +
           ";\r\n\tbh=" + base64(bytes_of(body_hash)) + ";\r\n\tb=";
  append_relaxed(canonical, field);
  append_folded(field, base64(key_->sign(canonical)), 72);
  return field + "\r\n";
}

std::string generate_dkim_key(DkimAlgorithm algorithm) {
  const Pkey key(algorithm == DkimAlgorithm::rsa_sha256
                     ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                     : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  require(key != nullptr, "make a key");
  const Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                        nullptr) == 1,
          "write a key");
  char* text = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(length));
}

Result<std::string> dkim_record(std::string_view pem, std::string_view domain,
                                std::string_view selector) {
  constexpr std::size_t longest_string = 255;  // RFC 1035 §3.3.14
  const auto key = read_key(pem);
  if (!key) return fail("is no private key in PEM");
  const bool rsa = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA;
  const auto text = std::string("v=DKIM1; k=") + (rsa ? "rsa" : "ed25519") +
                    "; p=" + base64(public_key(key.get()));
  std::string record = std::string(selector) + "._domainkey." + std::string(domain) + ". IN TXT (";
  for (std::size_t at = 0; at < text.size(); at += longest_string)
    record += " \"" + text.substr(at, longest_string) + "\"";
  return record + " )";
}

}  // namespace postrider::mail
