#include "mail/header.h"

#include <algorithm>
#include <date/date.h>

#include "base/text.h"

namespace postrider::mail {

namespace {

constexpr std::size_t soft_limit = 76;     // RFC 2047 §2: lines with encoded words
constexpr std::size_t longest_line = 998;  // RFC 5322 §2.1.1
constexpr std::size_t longest_word = 75;   // RFC 2047 §2: one encoded word

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; }) &&
         text.find("=?") == std::string_view::npos;
}

/// What cannot stand in a header becomes a blank.
std::string tidy(std::string_view text) {
  std::string out = is_utf8(text) ? std::string(text) : printable(text);
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return out;
}

std::size_t character_end(std::string_view text, std::size_t at) {
  do ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

/// Base64 encoded words, each of whole characters, folded (RFC 2047 §4.1, §5).
std::string encoded_words(std::string_view text, std::size_t column) {
  constexpr std::string_view prefix = "=?UTF-8?B?";
  constexpr std::string_view suffix = "?=";
  std::string out;
  while (!text.empty()) {
    const auto frame = prefix.size() + suffix.size();
    const auto room = std::min(longest_word, soft_limit - std::min(column, soft_limit - 30));
    const auto most = (room - frame) / 4 * 3;
    std::size_t end = 0;
    while (end < text.size() && character_end(text, end) <= most) end = character_end(text, end);
    if (!out.empty()) out += "\r\n ";
    out += prefix;
    out += base64(text.substr(0, end));
    out += suffix;
    text.remove_prefix(end);
    column = 1;
  }
  return out;
}

/// Plain text, folded at blanks; a word over a line's length is cut where it must be.
std::string folded(std::string_view text, std::size_t column) {
  std::string out;
  while (!text.empty()) {
    // A word with the blanks before it: folding keeps those at the next line's start.
    const auto word_start = text.find_first_not_of(' ');
    if (word_start == std::string_view::npos) break;
    const auto length = std::min(text.find(' ', word_start), text.size());
    if (column + length > soft_limit && word_start > 0 && !out.empty()) {
      out += "\r\n";
      column = 0;
    }
    out += text.substr(0, length);
    column += length;
    text.remove_prefix(length);
  }
  return out;
}

/// Whether folding at blanks would leave a line that is too long: by a word, or by a row of blanks.
bool has_long_word(std::string_view text) {
  constexpr std::size_t longest_word_here = longest_line / 2;
  while (!text.empty()) {
    const auto word = std::min(text.find_first_not_of(' '), text.size());
    const auto end = std::min(text.find(' ', word), text.size());
    if (end > longest_word_here) return true;
    text.remove_prefix(end);
  }
  return false;
}

bool needs_quotes(std::string_view name) {
  return !std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" !#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
}

std::string encode_phrase(std::string_view name, std::size_t column) {
  if (!is_plain(name) || name.size() > 60) return encoded_words(name, column);
  if (!needs_quotes(name)) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string encode_text(std::string_view utf8, std::size_t column) {
  const auto tidied = tidy(utf8);
  const auto text = trim(tidied);
  return is_plain(text) && !has_long_word(text) ? folded(text, column)
                                                : encoded_words(text, column);
}

std::string encode_mailbox(const Mailbox& mailbox, std::size_t column) {
  const auto address = mailbox.address.str();
  const auto tidied = tidy(mailbox.name);
  const auto name = trim(tidied);
  if (name.empty()) return address;
  auto phrase = encode_phrase(name, column);
  const auto line_start = phrase.rfind('\n');
  const auto used =
      line_start == std::string::npos ? column + phrase.size() : phrase.size() - line_start - 1;
  const bool fits = used + address.size() + 3 <= soft_limit;
  return phrase + (fits ? " <" : "\r\n <") + address + ">";
}

std::string encode_date(Instant instant) {
  return date::format("%a, %d %b %Y %T +0000", std::chrono::floor<std::chrono::seconds>(instant));
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  auto line = out.size();
  const auto fold = [&] {
    out += "\r\n ";
    line = out.size() - 1;
  };
  out += name;
  out += ": ";
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\r' && i + 2 < value.size() && value[i + 1] == '\n' && value[i + 2] == ' ') {
      fold();
      i += 2;
    } else {
      if (out.size() - line == longest_line) fold();
      const auto c = static_cast<unsigned char>(value[i]);
      out += c < 0x20 || c == 0x7F ? ' ' : value[i];
    }
  }
  out += "\r\n";
}

}  // namespace postrider::mail
