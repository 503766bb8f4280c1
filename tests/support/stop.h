// A source of stop tokens for tests.
#pragma once

#include <memory>
#include <stop_token>

namespace postrider::test {

/// On the heap: of one on the stack GCC 12 says, with -Og, that it may be uninitialized.
inline std::unique_ptr<std::stop_source> make_stop() {
  return std::make_unique<std::stop_source>();
}

}  // namespace postrider::test
