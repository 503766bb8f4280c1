#include "subscribers/suppression.h"

#include <array>

namespace postrider::subscribers {

namespace {

struct Word {
  SuppressionReason reason;
  std::string_view text;
};

constexpr std::array words{
    Word{SuppressionReason::bounced, "bounced"}, Word{SuppressionReason::complained, "complained"},
    Word{SuppressionReason::asked, "asked"}, Word{SuppressionReason::erased, "erased"}};

}  // namespace

std::string_view to_string(SuppressionReason reason) {
  for (const auto& word : words)
    if (word.reason == reason) return word.text;
  return "unknown";
}

std::optional<SuppressionReason> parse_suppression_reason(std::string_view text) {
  for (const auto& word : words)
    if (word.text == text) return word.reason;
  return {};
}

}  // namespace postrider::subscribers
