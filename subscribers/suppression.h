// Addresses that are not to be mailed, whatever their subscriptions say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postrider::subscribers {

/// Why. The words are stored. An erased one is known by its hash alone (store/erased.h).
enum class SuppressionReason : std::uint8_t { bounced, complained, asked, erased };

std::string_view to_string(SuppressionReason reason);
std::optional<SuppressionReason> parse_suppression_reason(std::string_view text);

struct Suppression {
  std::string email;  // in lower case
  SuppressionReason reason = SuppressionReason::asked;
  Instant at;
};

}  // namespace postrider::subscribers
