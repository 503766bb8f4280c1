#include "base/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdexcept>
#include <string>

namespace postrider {

namespace {

struct MacFreer {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, MacFreer>;

void require(bool worked) {
  if (!worked) throw std::runtime_error("OpenSSL has no HMAC-SHA-256");
}

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

/// A copy of a prepared context costs half of what a new one does.
struct HmacSha256::Prepared {
  MacContext context;
};

HmacSha256::HmacSha256(std::string_view key) {
  auto* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  MacContext context(EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);
  std::string digest = "SHA256";
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  require(context && EVP_MAC_init(context.get(), octets(key), key.size(), parameters.data()) == 1);
  prepared_ = std::make_shared<const Prepared>(Prepared{std::move(context)});
}

Sha256 HmacSha256::operator()(std::string_view first, std::string_view rest) const {
  const MacContext context(EVP_MAC_CTX_dup(prepared_->context.get()));
  Sha256 digest;
  std::size_t length = 0;
  require(context && EVP_MAC_update(context.get(), octets(first), first.size()) == 1 &&
          EVP_MAC_update(context.get(), octets(rest), rest.size()) == 1 &&
          EVP_MAC_final(context.get(), digest.data(), &length, digest.size()) == 1);
  return digest;
}

}  // namespace postrider
