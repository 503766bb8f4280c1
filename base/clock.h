// Time as a value. Whoever needs the time gets a Clock, so that tests move it by hand.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postrider {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Duration>;  // UTC

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

/// The machine's wall clock. Safe to share between threads.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

/// "2022-01-10T13:00:00Z"; with milliseconds only where there are any (RFC 3339).
std::string rfc3339(Instant instant);

/// RFC 3339 with Z or an offset, seconds optional: "2022-01-10T08:00:00+01:00"; T and Z in lower
/// case too, or a blank for the T. What is below a millisecond is dropped. A leap second is none.
Result<Instant> parse_rfc3339(std::string_view text);

/// "90s", "20m", "24h", "2d": a whole number and one unit of ms, s, m, h, d or w.
Result<Duration> parse_duration(std::string_view text);

/// The shortest such text that says the same: "1h", "90m", "2d", "0s".
std::string to_string(Duration duration);

}  // namespace postrider
