#include "subscribers/formats/field_text.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

constexpr std::array<std::string_view, 4> no_dates{"0000-00-00", "0001-01-01", "00/00/0000",
                                                   "00.00.0000"};

constexpr std::string_view digits = "0123456789";

bool is_fraction(std::string_view value) {
  const auto sign = value.find_first_not_of(digits);
  return sign != std::string_view::npos && (value[sign] == '.' || value[sign] == ',') &&
         value.find_first_not_of(digits, sign + 1) == std::string_view::npos;
}

}  // namespace

bool says_nothing(std::string_view value) {
  if (value.empty()) return true;
  if (value.size() > 4)
    return std::any_of(no_dates.begin(), no_dates.end(),
                       [&](std::string_view date) { return value.starts_with(date); });
  return iequals(value, "null") || iequals(value, "none") || iequals(value, "nil") ||
         iequals(value, "n/a") || iequals(value, "nan") || value == "-";
}

bool has_digits(std::string_view value) {
  return value.find_first_of(digits) != std::string_view::npos;
}

bool is_like_date(std::string_view value) {
  const auto count = std::count_if(value.begin(), value.end(),
                                   [](char c) { return digits.find(c) != std::string_view::npos; });
  return count >= 6 && value.front() != '-' && !is_fraction(value) &&
         value.find_first_not_of("0123456789/.-:+, AMPTZ") == std::string_view::npos;
}

std::string_view trimmed(std::string_view field) {
  const auto is_ink = [](char c) { return static_cast<unsigned char>(c) > ' '; };
  if (field.empty() || (is_ink(field.front()) && is_ink(field.back()))) return field;
  return trim(field);
}

std::string_view trim_wide(std::string_view text) {
  constexpr std::array<std::string_view, 5> blanks{"\u00A0", "\u200B", "\uFEFF", "\u202F",
                                                   "\u3000"};
  for (auto left = text.size() + 1; text.size() < left;) {
    left = text.size();
    text = trim(text);
    for (const auto blank : blanks) {
      if (text.starts_with(blank)) text.remove_prefix(blank.size());
      if (text.ends_with(blank)) text.remove_suffix(blank.size());
    }
  }
  return text;
}

void add_text(std::string& text, std::string_view more) {
  text += (text.empty() ? "" : "; ") + std::string(more);
}

}  // namespace postrider::subscribers
