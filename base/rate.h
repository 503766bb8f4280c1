// So many of something in a period, such as "100/s".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace postrider {

struct Rate {
  std::int64_t count = 1;  // at least 1
  Duration period = std::chrono::seconds(1);

  bool operator==(const Rate&) const = default;
};

/// "100/s", "60/min", "500/h", "2000/day".
Result<Rate> parse_rate(std::string_view text);

/// The text that parse_rate reads.
std::string to_string(const Rate& rate);

}  // namespace postrider
