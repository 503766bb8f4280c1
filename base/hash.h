// SHA-256, by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace postrider {

using Sha256 = std::array<std::uint8_t, 32>;

/// A running SHA-256 whose state can be copied: hash a fixed beginning once, continue it often.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(const Sha256Stream&);
  Sha256Stream& operator=(const Sha256Stream&);
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  ~Sha256Stream();

  void update(std::string_view bytes);
  Sha256 finish();  // the stream may not be used afterwards

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256 sha256(std::string_view bytes);

}  // namespace postrider
