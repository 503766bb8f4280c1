#include "daemon/mailbox/imap_words.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace postrider::daemon::mailbox {

namespace {

constexpr std::size_t most_in_a_set = 100;

void append_utf16(std::string& to, char32_t character) {
  const auto unit = [&](std::uint32_t value) {
    to += static_cast<char>(value >> 8);
    to += static_cast<char>(value & 0xff);
  };
  if (character < 0x10000) return unit(character);
  unit(0xd800 + ((character - 0x10000) >> 10));
  unit(0xdc00 + ((character - 0x10000) & 0x3ff));
}

/// What has no ASCII: base64 between & and -, with a comma for the slash and without padding.
std::string shifted(std::string_view utf16) {
  auto text = base64(utf16);
  std::erase(text, '=');
  std::ranges::replace(text, '/', ',');
  return '&' + text + '-';
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data()) return {};
  return number;
}

/// Reads a FETCH response's list of names and values.
class Items {
 public:
  Items(std::string_view text, std::vector<std::string> literals)
      : text_(text), literals_(std::move(literals)) {}

  ImapFetch read() {
    ImapFetch fetch;
    const auto begin = text_.find('(');
    if (begin == std::string_view::npos) return fetch;
    text_.remove_prefix(begin + 1);
    while (const auto name = word()) {
      auto value = this->value();
      if (iequals(*name, "UID") && value)
        fetch.uid = parse_number<std::uint32_t>(*value);
      else if (iequals(name->substr(0, 6), "BODY[]"))
        fetch.body = std::move(value);
    }
    return fetch;
  }

 private:
  void skip_blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size())); }

  std::optional<std::string_view> word() {
    skip_blanks();
    const auto size = std::min(text_.find_first_of(" ()\""), text_.size());
    if (size == 0) return {};
    const auto word = text_.substr(0, size);
    text_.remove_prefix(size);
    return word;
  }

  std::optional<std::string> quoted() {
    std::string value;
    std::size_t at = 1;
    for (; at < text_.size() && text_[at] != '"'; ++at) {
      if (text_[at] == '\\' && at + 1 < text_.size()) ++at;
      value += text_[at];
    }
    const bool ends = at < text_.size();
    text_.remove_prefix(ends ? at + 1 : at);
    return ends ? std::optional(value) : std::nullopt;
  }

  /// Nothing: NIL, a list, or none.
  std::optional<std::string> value() {
    skip_blanks();
    if (text_.starts_with('"')) return quoted();
    if (text_.starts_with('(')) {
      skip_list();
      return {};
    }
    const auto word = this->word();
    if (!word || iequals(*word, "NIL")) return {};
    if (!word->starts_with('{')) return std::string(*word);
    if (next_literal_ == literals_.size()) return {};
    return std::move(literals_[next_literal_++]);
  }

  void skip_list() {
    int depth = 0;
    do {
      skip_blanks();
      if (text_.empty()) return;
      if (text_[0] == '(' || text_[0] == ')') {
        depth += text_[0] == '(' ? 1 : -1;
        text_.remove_prefix(1);
      } else {
        value();
      }
    } while (depth > 0);
  }

  std::string_view text_;
  std::vector<std::string> literals_;
  std::size_t next_literal_ = 0;
};

}  // namespace

std::string imap_folder(std::string_view name) {
  std::string text;
  std::string wide;
  const auto flush = [&] {
    if (!wide.empty()) text += shifted(std::exchange(wide, {}));
  };
  while (!name.empty()) {
    const auto character = take_character(name);
    if (character < 0x20 || character > 0x7e) {
      append_utf16(wide, character);
      continue;
    }
    flush();
    if (character == '"' || character == '\\') text += '\\';
    text += static_cast<char>(character);
    if (character == '&') text += '-';
  }
  flush();
  return '"' + text + '"';
}

std::vector<std::string> imap_sets(std::span<const std::uint32_t> numbers) {
  std::vector<std::string> sets;
  for (; !numbers.empty(); numbers = numbers.subspan(std::min(numbers.size(), most_in_a_set))) {
    const auto some = numbers.first(std::min(numbers.size(), most_in_a_set));
    std::string set;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto first = some[i];
      while (i + 1 < some.size() && some[i + 1] == some[i] + 1) ++i;
      if (!set.empty()) set += ',';
      set += std::to_string(first);
      if (some[i] != first) set += ':' + std::to_string(some[i]);
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

std::optional<std::uint32_t> imap_number(std::string_view line, std::string_view word) {
  const auto lower = to_lower(line);
  const auto at = lower.find(to_lower(word) + ' ');
  if (at == std::string::npos) return {};
  return parse_number<std::uint32_t>(line.substr(at + word.size() + 1));
}

std::optional<std::uint32_t> imap_count(std::string_view line, std::string_view word) {
  const auto parts = split(line.substr(0, 64), ' ');
  if (parts.size() < 3 || parts[0] != "*" || !iequals(parts[2], word)) return {};
  return parse_number<std::uint32_t>(parts[1]);
}

std::optional<std::uint64_t> imap_literal(std::string_view line) {
  if (!line.ends_with('}')) return {};
  const auto begin = line.rfind('{');
  if (begin == std::string_view::npos) return {};
  const auto digits = line.substr(begin + 1, line.size() - begin - 2);
  if (digits.empty() || !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return {};
  return parse_number<std::uint64_t>(digits);
}

ImapFetch parse_imap_fetch(std::string_view text, std::vector<std::string> literals) {
  return Items(text, std::move(literals)).read();
}

}  // namespace postrider::daemon::mailbox
