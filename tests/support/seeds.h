// How many random histories a property test tries: all in a plain build, a tenth where a sanitizer
// makes each several times as slow; its findings do not hang on their number.
#pragma once

namespace postrider::test {

constexpr unsigned seeds(unsigned all) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return all < 10 ? 1 : all / 10;
#else
  return all;
#endif
}

}  // namespace postrider::test
