#include <charconv>

#include "config/checks.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

constexpr int most_percent = 1000;

Result<int> parse_percentage(std::string_view text) {
  int percent = -1;
  const bool has_sign = text.ends_with('%');
  const auto number = text.substr(0, text.size() - (has_sign ? 1 : 0));
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), percent);
  if (!has_sign || error != std::errc() || end != number.data() + number.size() || percent < 0 ||
      percent > most_percent)
    return fail(
        "\"" + printable(text) +
        "\" is no percentage; write a whole number from \"0%\" to \"1000%\", such as \"30%\"");
  return percent;
}

}  // namespace

Guards read_guards(const Section& section) {
  Guards to;
  section.read("audience_change", to.audience_change, parse_percentage);
  section.read_number("audience_change_readers", to.audience_change_readers, 0, 1'000'000'000);
  section.read_flag("leftovers", to.leftovers);
  return to;
}

}  // namespace postrider::config
