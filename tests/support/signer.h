// Keys made on the spot, what they sign, and certificates for them, by OpenSSL: the other side of
// base/signature.h. What fails throws.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/signature.h"

namespace postrider::test {

class Signer {
 public:
  static Signer p256() { return Signer(EVP_EC_gen("P-256")); }
  static Signer rsa() { return Signer(EVP_RSA_gen(2048)); }

  EVP_PKEY* key() const { return key_.get(); }

  /// SubjectPublicKeyInfo in DER.
  std::string public_key() const {
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key(), &der);
    if (length <= 0) throw std::runtime_error("no public key");
    std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return bytes;
  }

  std::string sign(std::string_view message, Digest digest = Digest::sha256) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    std::string signature(1024, '\0');
    auto length = signature.size();
    const auto* algorithm = digest == Digest::sha1 ? EVP_sha1() : EVP_sha256();
    if (EVP_DigestSignInit(context.get(), nullptr, algorithm, nullptr, key()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1)
      throw std::runtime_error("not signed");
    signature.resize(length);
    return signature;
  }

 private:
  explicit Signer(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}
  std::shared_ptr<EVP_PKEY> key_;
};

/// What is to stand in a certificate.
struct CertificateWish {
  std::string name = "sns.amazonaws.com";
  bool is_ca = false;
  Instant from = {};
  Instant until = {};
  std::string issuer_url = {};
};

class TestCertificate {
 public:
  /// Of `owner`'s key, signed by `issuer`'s; nothing: by its own.
  TestCertificate(const CertificateWish& wish, Signer owner, const TestCertificate* issuer)
      : owner_(std::move(owner)), x509_(X509_new(), &X509_free) {
    auto* const x509 = x509_.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial());
    ASN1_TIME_set(X509_getm_notBefore(x509), std::chrono::system_clock::to_time_t(wish.from));
    ASN1_TIME_set(X509_getm_notAfter(x509), std::chrono::system_clock::to_time_t(wish.until));
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer ? issuer->x509_.get() : x509));
    X509_set_pubkey(x509, owner_.key());
    extend(NID_basic_constraints, wish.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!wish.is_ca) extend(NID_subject_alt_name, "DNS:" + wish.name);
    if (!wish.issuer_url.empty()) extend(NID_info_access, "caIssuers;URI:" + wish.issuer_url);
    if (X509_sign(x509, issuer ? issuer->owner_.key() : owner_.key(), EVP_sha256()) == 0)
      throw std::runtime_error("the certificate is not signed");
  }

  const Signer& owner() const { return owner_; }

  std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
    PEM_write_bio_X509(out.get(), x509_.get());
    char* text = nullptr;
    const auto length = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(length)};
  }

  std::string der() const {
    unsigned char* bytes = nullptr;
    const int length = i2d_X509(x509_.get(), &bytes);
    std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return der;
  }

 private:
  static long& serial() {
    static long last = 0;
    return last;
  }

  void extend(int kind, const std::string& value) {
    auto* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    if (!extension) throw std::runtime_error("no extension " + value);
    X509_add_ext(x509_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  Signer owner_;
  std::shared_ptr<X509> x509_;
};

}  // namespace postrider::test
