#include "base/signature.h"

#include <memory>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <span>

#include "base/text.h"

namespace postrider {

namespace {

template <auto free_it>
struct Freer {
  void operator()(auto* it) const { free_it(it); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using AccessPtr = std::unique_ptr<AUTHORITY_INFO_ACCESS, Freer<AUTHORITY_INFO_ACCESS_free>>;

constexpr std::size_t longest_chain = 8;

const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// What an operation that may fail leaves in the thread's list of errors must not be found by
/// others.
struct ErrorsForgotten {
  ~ErrorsForgotten() { ERR_clear_error(); }
};

std::string url_in(const ACCESS_DESCRIPTION& access) {
  if (OBJ_obj2nid(access.method) != NID_ad_ca_issuers || access.location->type != GEN_URI)
    return {};
  const auto* uri = access.location->d.uniformResourceIdentifier;
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
          static_cast<std::size_t>(ASN1_STRING_length(uri))};
}

}  // namespace

std::optional<std::string> from_base64(std::string_view text) {
  std::string url(text);
  if (url.size() % 4 != 0 || url.find_first_of("-_") != std::string::npos) return {};
  for (auto& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
  for (int padding = 0; padding < 2 && url.ends_with('='); ++padding) url.pop_back();
  std::vector<std::uint8_t> bytes;
  if (!from_base64url(url, bytes)) return {};
  return std::string(bytes.begin(), bytes.end());
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct PublicKey::Key {
  KeyPtr key;
};

Result<PublicKey> PublicKey::of_p256(std::string_view der) {
  const ErrorsForgotten forgotten;
  const auto* at = octets_of(der);
  KeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!key || at != octets_of(der) + der.size()) return fail("it is no public key");
  std::size_t length = 0;
  char group[64] = {};
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC ||
      EVP_PKEY_get_group_name(key.get(), group, sizeof group, &length) != 1 ||
      std::string_view(group) != "prime256v1")
    return fail("it is no key on the curve P-256");
  return PublicKey(std::make_shared<const Key>(Key{std::move(key)}));
}

bool PublicKey::verify(Digest digest, std::string_view message, std::string_view signature) const {
  const ErrorsForgotten forgotten;
  const DigestContextPtr context(EVP_MD_CTX_new());
  const auto* algorithm = digest == Digest::sha1 ? EVP_sha1() : EVP_sha256();
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, algorithm, nullptr, key_->key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets_of(signature), signature.size(), octets_of(message),
                          message.size()) == 1;
}

struct CertificateChain::Parts {
  std::vector<CertificatePtr> all;
};

Result<CertificateChain> CertificateChain::parse(std::string_view pem) {
  const ErrorsForgotten forgotten;
  const BioPtr source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const auto no_password = [](char*, int, int, void*) { return 0; };
  CertificateChain chain;
  chain.parts_ = std::make_shared<Parts>();
  while (chain.parts_->all.size() < longest_chain) {
    CertificatePtr next(PEM_read_bio_X509(source.get(), nullptr, no_password, nullptr));
    if (!next) break;
    chain.parts_->all.push_back(std::move(next));
  }
  if (chain.parts_->all.empty()) return fail("there is no certificate in it");
  return chain;
}

bool CertificateChain::add(std::string_view der) {
  const ErrorsForgotten forgotten;
  const auto* at = octets_of(der);
  CertificatePtr one(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!one || parts_->all.size() >= longest_chain) return false;
  parts_->all.push_back(std::move(one));
  return true;
}

std::string CertificateChain::issuer_url() const {
  const AccessPtr accesses(static_cast<AUTHORITY_INFO_ACCESS*>(
      X509_get_ext_d2i(parts_->all.back().get(), NID_info_access, nullptr, nullptr)));
  for (int i = 0; accesses && i < sk_ACCESS_DESCRIPTION_num(accesses.get()); ++i)
    if (auto url = url_in(*sk_ACCESS_DESCRIPTION_value(accesses.get(), i)); !url.empty())
      return url;
  return {};
}

Result<PublicKey> CertificateChain::prove(const std::string& trusted,
                                          const std::vector<std::string>& names,
                                          Instant now) const {
  const ErrorsForgotten forgotten;
  const StorePtr store(X509_STORE_new());
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (!store || !context || X509_STORE_load_file(store.get(), trusted.c_str()) != 1)
    return fail(trusted + " cannot be read");
  // Borrowed: the stack is freed, what is on it is not.
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (const auto& one : std::span(parts_->all).subspan(1)) sk_X509_push(others.get(), one.get());
  auto* const first = parts_->all.front().get();
  X509_STORE_CTX_init(context.get(), store.get(), first, others.get());
  auto* const wanted = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(wanted, std::chrono::system_clock::to_time_t(now));
  for (const auto& name : names) X509_VERIFY_PARAM_add1_host(wanted, name.data(), name.size());
  if (names.empty() || X509_verify_cert(context.get()) != 1)
    return fail(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  KeyPtr key(X509_get_pubkey(first));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return fail("its key is not of RSA");
  return PublicKey(std::make_shared<const PublicKey::Key>(PublicKey::Key{std::move(key)}));
}

}  // namespace postrider
