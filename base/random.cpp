#include "base/random.h"

#include <cstring>
#include <openssl/rand.h>
#include <stdexcept>

namespace postrider {

void fill_random(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1)
    throw std::runtime_error("the system's random generator gives nothing");
}

Uid random_uid() {
  Uid uid;
  fill_random(uid);
  return uid;
}

std::uint64_t random_u64() {
  std::array<std::uint8_t, 8> bytes;
  fill_random(bytes);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace postrider
