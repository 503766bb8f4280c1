#include "base/hash.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdexcept>
#include <string>

namespace postrider {

namespace {

void require(bool worked, const char* what) {
  if (worked) return;
  ERR_clear_error();
  throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

struct ContextFreer {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

struct Sha256Stream::State {
  std::unique_ptr<EVP_MD_CTX, ContextFreer> context{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  require(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1, "begin SHA-256");
}
Sha256Stream::Sha256Stream(const Sha256Stream& other) : state_(std::make_unique<State>()) {
  require(EVP_MD_CTX_copy_ex(state_->context.get(), other.state_->context.get()) == 1,
          "copy a SHA-256 state");
}
Sha256Stream& Sha256Stream::operator=(const Sha256Stream& other) {
  if (this != &other) *this = Sha256Stream(other);
  return *this;
}
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::update(std::string_view bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1,
          "continue SHA-256");
}

Sha256 Sha256Stream::finish() {
  Sha256 hash;
  unsigned length = 0;
  require(EVP_DigestFinal_ex(state_->context.get(), hash.data(), &length) == 1, "end SHA-256");
  return hash;
}

Sha256 sha256(std::string_view bytes) {
  Sha256Stream stream;
  stream.update(bytes);
  return stream.finish();
}

}  // namespace postrider
