// The part of Python's literals that repr() writes for plain data, strictly: what is not sure is
// not read.
#include <algorithm>

#include "subscribers/formats/json_text.h"

namespace postrider::subscribers {

namespace {

constexpr std::string_view decimal_digits = "0123456789";

void append_code_point(char32_t code, std::string& out) {
  const auto put = [&out](char32_t octet) { out += static_cast<char>(octet); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

class Literal {
 public:
  explicit Literal(std::string_view text) : rest_(text) {}

  bool dict(Members& members, int depth);

  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }

 private:
  bool value(std::string& json, int depth);
  bool sequence(char close, std::string& json, int depth);
  bool string(std::string& text);
  bool escape(std::string& text);
  bool number(std::string& json);

  void skip_blanks() {
    const auto first = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(first, rest_.size()));
  }
  bool take(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool take_digits() {
    const auto end = std::min(rest_.find_first_not_of(decimal_digits), rest_.size());
    rest_.remove_prefix(end);
    return end > 0;
  }

  std::string_view rest_;
};

bool Literal::dict(Members& members, int depth) {
  if (depth > deepest_json || !take("{")) return false;
  while (!take("}")) {
    std::string key, json;
    skip_blanks();
    if (!string(key) || !take(":") || !value(json, depth + 1)) return false;
    members.emplace_back(std::move(key), std::move(json));
    if (take("}")) return true;
    if (!take(",")) return false;
  }
  return true;
}

bool Literal::value(std::string& json, int depth) {
  if (depth > deepest_json) return false;
  for (const auto& [word, written] : {std::pair<std::string_view, std::string_view>{"True", "true"},
                                      {"False", "false"},
                                      {"None", "null"}})
    if (take(word)) {
      json += written;
      return true;
    }
  if (take("[")) return sequence(']', json, depth);
  if (take("(")) return sequence(')', json, depth);
  if (rest_.starts_with('{')) {
    Members members;
    if (!dict(members, depth)) return false;
    json += '{';
    for (const auto& [key, member] : members) {
      if (json.back() != '{') json += ',';
      append_json(key, json);
      json += ':' + member;
    }
    json += '}';
    return true;
  }
  if (rest_.starts_with('"') || rest_.starts_with('\'')) {
    std::string text;
    if (!string(text)) return false;
    append_json(text, json);
    return true;
  }
  return number(json);
}

bool Literal::sequence(char close, std::string& json, int depth) {
  const std::string_view end(&close, 1);
  json += '[';
  for (bool first = true; !take(end); first = false) {
    if (!first) json += ',';
    if (!value(json, depth + 1)) return false;
    if (take(end)) break;
    if (!take(",")) return false;
  }
  json += ']';
  return true;
}

bool Literal::string(std::string& text) {
  if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\'')) return false;
  const char quote = rest_.front();
  rest_.remove_prefix(1);
  while (!rest_.empty()) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == quote) return true;
    if (c == '\n' || c == '\r') return false;
    if (c != '\\')
      text += c;
    else if (!escape(text))
      return false;
  }
  return false;
}

/// Behind the backslash.
bool Literal::escape(std::string& text) {
  if (rest_.empty()) return false;
  const char c = rest_.front();
  rest_.remove_prefix(1);
  constexpr std::string_view names = "ntr\\'\"", meant = "\n\t\r\\'\"";
  if (const auto at = names.find(c); at != std::string_view::npos) {
    text += meant[at];
    return true;
  }
  const std::size_t length = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (length == 0 || rest_.size() < length) return false;
  char32_t code = 0;
  for (const char digit : rest_.substr(0, length)) {
    constexpr std::string_view hex = "0123456789abcdefABCDEF";
    const auto value = hex.find(digit);
    if (value == std::string_view::npos) return false;
    code = code * 16 + static_cast<char32_t>(value < 16 ? value : value - 6);
  }
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  rest_.remove_prefix(length);
  append_code_point(code, text);
  return true;
}

/// As JSON has them: no inf, no nan, no leading zero.
bool Literal::number(std::string& json) {
  const auto written = rest_;
  if (rest_.starts_with('-')) rest_.remove_prefix(1);
  const bool zero = rest_.starts_with('0');
  const auto whole = rest_.size();
  if (!take_digits() || (zero && whole - rest_.size() > 1)) return false;
  if (rest_.starts_with('.')) {
    rest_.remove_prefix(1);
    if (!take_digits()) return false;
  }
  if (rest_.starts_with('e') || rest_.starts_with('E')) {
    rest_.remove_prefix(1);
    if (rest_.starts_with('-') || rest_.starts_with('+')) rest_.remove_prefix(1);
    if (!take_digits()) return false;
  }
  json += written.substr(0, written.size() - rest_.size());
  return true;
}

}  // namespace

std::optional<Members> python_members(std::string_view text) {
  Literal literal(text);
  Members members;
  if (!literal.dict(members, 1) || !literal.at_end()) return {};
  return members;
}

}  // namespace postrider::subscribers
