#include <charconv>

#include "config/checks.h"
#include "config/sections.h"

namespace postrider::config {

namespace {

constexpr int most_percent = 1000;

Result<int> parse_percentage(std::string_view text) {
  int percent = -1;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc() || std::string_view(stop, end) != "%" || percent < 0 ||
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
