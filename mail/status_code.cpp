#include "mail/status_code.h"

#include <algorithm>

namespace postrider::mail {

namespace {

constexpr std::string_view before_digits = " \t\n'\"([{<:;#,=-";
constexpr std::string_view after_code = " \t\n-:,;'\")]}>";

bool digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && digit(text[at + count])) ++count;
  return count;
}

/// An SMTP reply code that refuses: the second digit is 0 to 7 wherever servers use it.
bool refusal_at(std::string_view text) {
  if (digits_at(text, 0) != 3 || (text[0] != '4' && text[0] != '5') || text[1] > '7') return false;
  return text.size() == 3 || after_code.find(text[3]) != std::string_view::npos;
}

}  // namespace

std::string_view leading_status(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') || text[1] != '.')
    return {};
  const std::size_t subject = digits_at(text, 2);
  if (subject == 0 || subject > 3) return {};
  const std::size_t dot = 2 + subject;
  if (dot >= text.size() || text[dot] != '.') return {};
  const std::size_t detail = digits_at(text, dot + 1);
  const std::size_t end = dot + 1 + detail;
  if (detail == 0 || detail > 3) return {};
  const bool goes_on = end + 1 < text.size() && text[end] == '.' && digit(text[end + 1]);
  return goes_on ? std::string_view{} : text.substr(0, end);
}

StatusCode find_status_code(std::string_view text) {
  StatusCode found;
  for (std::size_t at = 0; at < text.size() && (found.code == 0 || found.status.empty()); ++at) {
    if (!digit(text[at])) continue;
    const bool begins = at == 0 || before_digits.find(text[at - 1]) != std::string_view::npos;
    const auto rest = text.substr(at);
    if (begins && found.code == 0 && refusal_at(rest))
      found.code = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
    if (begins && found.status.empty()) found.status = leading_status(rest);
    while (at < text.size() && (digit(text[at]) || text[at] == '.')) ++at;
    --at;
  }
  return found;
}

}  // namespace postrider::mail
