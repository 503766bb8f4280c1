// A clock that a test moves by hand.
#pragma once

#include "base/clock.h"

namespace postrider::test {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Instant now = parse_rfc3339("2022-01-10T13:00:00Z").value()) : now_(now) {}
  Instant now() const override { return now_; }
  void advance(Duration by) { now_ += by; }
  void set(Instant now) { now_ = now; }

 private:
  Instant now_;
};

}  // namespace postrider::test
