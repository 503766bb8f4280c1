// HMAC-SHA-256 (RFC 2104), by OpenSSL. Immutable once made, so safe to share between threads.
#pragma once

#include <memory>
#include <string_view>

#include "base/hash.h"

namespace postrider {

class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);

  /// Of `first` and `rest`, one behind the other.
  Sha256 operator()(std::string_view first, std::string_view rest = {}) const;

 private:
  struct Prepared;
  std::shared_ptr<const Prepared> prepared_;
};

}  // namespace postrider
