#include "mail/pattern_match.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "mail/failure_patterns.h"
#include "mail/status_code.h"

namespace postrider::mail {

namespace {

constexpr std::size_t widest_gap = 48;
constexpr std::size_t key_length = 3;
constexpr std::string_view special = "*?({";

/// What is to be matched after the pattern at hand: a chain, as groups stand within groups.
struct Rest {
  std::string_view pattern;
  const Rest* next;
};

/// The length of the group that the pattern begins with: "(a|(b|c))d" → 9.
std::size_t group_length(std::string_view pattern) {
  int depth = 0;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '(') ++depth;
    if (pattern[at] == ')' && --depth == 0) return at + 1;
  }
  return pattern.size();
}

/// "a|(b|c)|" → "a", "(b|c)", "".
std::vector<std::string_view> alternatives(std::string_view inside) {
  std::vector<std::string_view> found;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] == '(') ++depth;
    if (inside[at] == ')') --depth;
    if (inside[at] != '|' || depth > 0) continue;
    found.push_back(inside.substr(begin, at - begin));
    begin = at + 1;
  }
  found.push_back(inside.substr(begin));
  return found;
}

bool match(std::string_view text, std::string_view pattern, const Rest* next);

bool match_group(std::string_view text, std::string_view pattern, const Rest* next) {
  const std::size_t length = group_length(pattern);
  const Rest after{pattern.substr(length), next};
  std::string_view inside = pattern.substr(1, length - 2);
  while (true) {
    std::size_t end = 0;
    for (int depth = 0; end < inside.size() && (depth > 0 || inside[end] != '|'); ++end) {
      if (inside[end] == '(') ++depth;
      if (inside[end] == ')') --depth;
    }
    if (match(text, inside.substr(0, end), &after)) return true;
    if (end == inside.size()) return false;
    inside.remove_prefix(end + 1);
  }
}

bool match_gap(std::string_view text, std::string_view pattern, const Rest* next) {
  const std::size_t most = std::min(widest_gap, text.size());
  for (std::size_t skip = 0; skip <= most; ++skip)
    if (match(text.substr(skip), pattern, next)) return true;
  return false;
}

bool match(std::string_view text, std::string_view pattern, const Rest* next) {
  while (pattern.empty()) {
    if (next == nullptr) return true;
    pattern = next->pattern;
    next = next->next;
  }
  switch (pattern.front()) {
    case '(':
      return match_group(text, pattern, next);
    case '{': {
      const std::size_t end = pattern.find('}') + 1;
      const Rest after{pattern.substr(end), next};
      return match(text, pattern_group(pattern.substr(0, end)), &after);
    }
    case '*':
      return match_gap(text, pattern.substr(1), next);
    case '?': {
      const std::size_t word = std::min(text.find(' '), text.size());
      return word > 0 && match(text.substr(word), pattern.substr(1), next);
    }
    default: {
      const auto literal = pattern.substr(0, pattern.find_first_of(special));
      return text.starts_with(literal) &&
             match(text.substr(literal.size()), pattern.substr(literal.size()), next);
    }
  }
}

/// Every beginning of three octets that a text may have which begins with the pattern.
void collect_keys(const std::string& begun, std::string_view pattern, std::set<std::string>& keys) {
  if (begun.size() >= key_length || pattern.empty()) {
    keys.insert(begun.substr(0, key_length));
  } else if (pattern.front() == '(') {
    const std::size_t length = group_length(pattern);
    for (const auto one : alternatives(pattern.substr(1, length - 2)))
      collect_keys(begun, std::string(one) + std::string(pattern.substr(length)), keys);
  } else if (pattern.front() == '{') {
    const std::size_t end = pattern.find('}') + 1;
    collect_keys(
        begun,
        std::string(pattern_group(pattern.substr(0, end))) + std::string(pattern.substr(end)),
        keys);
  } else {
    collect_keys(begun + pattern.front(), pattern.substr(1), keys);
  }
}

/// Latin-1 and Latin Extended-A without their accents; '.' stands for what is no letter.
constexpr std::string_view latin =
    "aaaaaaaceeeeiiiidnooooo.ouuuuypsaaaaaaaceeeeiiiidnooooo.ouuuuypy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

void append_two_octets(std::string& text, char32_t c) {
  text += static_cast<char>(0xC0 | (c >> 6));
  text += static_cast<char>(0x80 | (c & 0x3F));
}

/// One character in lower case without its accent; blank: brackets, quotes and all white space.
void append_folded(std::string& text, std::string_view character, char32_t c) {
  constexpr std::string_view blanks = "<>()[]{}\"`\t\r\n*|";
  if (c < 0x80 && blanks.find(static_cast<char>(c)) != std::string_view::npos) {
    text += ' ';
  } else if (c < 0x80) {
    text += to_lower(character);
  } else if (c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200F)) {
    text += ' ';
  } else if (c == 0xAB || c == 0xBB || (c >= 0x201C && c <= 0x201F) ||
             (c >= 0x300C && c <= 0x300F)) {
    text += ' ';
  } else if (c >= 0xC0 && c < 0x180) {
    text += latin[c - 0xC0];
  } else if (c >= 0x0410 && c <= 0x042F) {
    append_two_octets(text, c + 0x20);
  } else if (c == 0x0401 || c == 0x0451) {
    append_two_octets(text, 0x0435);
  } else if (c == 0x2018 || c == 0x2019) {
    text += '\'';
  } else {
    text += character;
  }
}

/// "550-mailbox" → "mailbox", "550-5.1.1" → "", "5.1.1" → "": servers repeat them on each line.
std::string_view without_code(std::string_view word) {
  const auto digits = word.substr(0, word.find_first_not_of("0123456789"));
  if (digits.size() == 3 && (digits[0] == '4' || digits[0] == '5')) {
    word.remove_prefix(3);
    if (word.starts_with('-')) word.remove_prefix(1);
    if (word == ":" || word == ",") return {};
  }
  const std::size_t status = leading_status(word).size();
  return status > 0 ? word.substr(status) : word;
}

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

constexpr std::string_view punctuation = ".,;:!'";

std::string_view unwrapped(std::string_view word) {
  while (!word.empty() && punctuation.find(word.back()) != std::string_view::npos)
    word.remove_suffix(1);
  while (!word.empty() && punctuation.find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  return word;
}

}  // namespace

std::string folded_words(std::string_view text, std::string_view domain) {
  text = cut_utf8(text, most_octets);
  std::string folded;
  folded.reserve(text.size() + 2);
  while (!text.empty()) {
    const auto rest = text;
    const char32_t c = take_character(text);
    append_folded(folded, rest.substr(0, rest.size() - text.size()), c);
  }
  std::string words = " ";
  for (auto word : split(folded, ' ')) {
    word = without_code(word);
    if (word.empty()) continue;
    const auto name = unwrapped(word);
    if (name.size() > 2 && name.find('@') != std::string_view::npos && !name.starts_with("http")) {
      words += '@';
    } else if (!domain.empty() && name == domain) {
      words += '~';
    } else {
      words += word;
      std::replace(words.end() - static_cast<std::ptrdiff_t>(word.size()), words.end(), '_', ' ');
    }
    words += ' ';
  }
  return words;
}

bool begins_with_pattern(std::string_view text, std::string_view pattern) {
  return match(text, pattern, nullptr);
}

PatternIndex::PatternIndex(std::vector<std::string_view> patterns)
    : patterns_(std::move(patterns)) {
  for (std::size_t row = 0; row < patterns_.size(); ++row) {
    std::set<std::string> keys;
    collect_keys("", patterns_[row], keys);
    for (const auto& key : keys) starts_[key].push_back(row);
  }
}

std::size_t PatternIndex::first_in(std::string_view text,
                                   const std::function<bool(std::size_t)>& counts) const {
  std::size_t first = none;
  for (std::size_t at = 0; at + key_length <= text.size(); ++at) {
    if (at > 0 && is_letter(text[at]) && is_letter(text[at - 1])) continue;
    const auto found = starts_.find(std::string(text.substr(at, key_length)));
    if (found == starts_.end()) continue;
    for (const std::size_t row : found->second) {
      if (row >= first) break;
      if (match(text.substr(at), patterns_[row], nullptr) && counts(row)) first = row;
    }
  }
  return first;
}

}  // namespace postrider::mail
