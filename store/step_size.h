// How much a long work does in one transaction, so that nobody waits for it.
#pragma once

#include <chrono>
#include <cstdint>

namespace postrider::store {

/// How many readers a step takes, so that it lasts some `wanted`: by what the last ones took.
class StepSize {
 public:
  static constexpr std::chrono::nanoseconds wanted = std::chrono::milliseconds(15);
  static constexpr std::int64_t least = 250;
  static constexpr std::int64_t most = 20'000;

  explicit StepSize(std::int64_t first = 2000) : readers_(first) {}
  std::int64_t readers() const { return readers_; }
  void took(std::chrono::nanoseconds time);

 private:
  std::int64_t readers_;
};

}  // namespace postrider::store
