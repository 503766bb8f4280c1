// A clock that a test moves by hand. Safe to share between threads, as the machine's is.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace postrider::test {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Instant now = parse_rfc3339("2022-01-10T13:00:00Z").value()) : now_(now) {}
  Instant now() const override { return now_; }
  void advance(Duration by) { now_ = now_.load() + by; }
  void set(Instant now) { now_ = now; }

 private:
  std::atomic<Instant> now_;
};

}  // namespace postrider::test
