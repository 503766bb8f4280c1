// Small operations on text that every floor needs. ASCII rules unless said otherwise.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postrider {

std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);  // A-Z only; other bytes stay
bool iequals(std::string_view a, std::string_view b);
std::vector<std::string_view> split(std::string_view text, char separator);

/// Whether it is a DNS name in ASCII: labels of letters, digits, hyphens (not at an end) and _, of
/// at most 63 octets each and 253 in all. One label is enough.
bool is_dns_name(std::string_view text);

/// Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

/// The byte offset of the first byte that is not well-formed UTF-8; npos where there is none.
std::size_t first_invalid_utf8(std::string_view text);

/// Takes the first character off `text`, which is not empty. Where it begins with no well-formed
/// one, takes an octet and gives U+FFFD.
char32_t take_character(std::string_view& text);

/// How many columns a terminal needs for UTF-8 text: combining marks 0, CJK and emoji 2.
std::size_t display_width(std::string_view text);

/// At most `octets` long, cut between characters.
std::string_view cut_utf8(std::string_view text, std::size_t octets);

/// Control characters and invalid UTF-8 become '?', so that the text can be shown and logged.
std::string printable(std::string_view text);

/// RFC 4648 §5 without padding.
std::string base64url(std::span<const std::uint8_t> bytes);
/// Strict: only the one canonical form decodes; anything else is false.
bool from_base64url(std::string_view text, std::vector<std::uint8_t>& bytes);

/// RFC 4648 §4 with padding.
std::string base64(std::string_view bytes);

std::string hex(std::span<const std::uint8_t> bytes);

/// The known word nearest to a misspelt one, by letters to change, add or leave out: at most one in
/// a word of less than five, two in one of less than nine, a third in a longer one. Empty: none.
std::string nearest(std::string_view word, std::span<const std::string> known);

/// A field of CSV (RFC 4180): in quotes where it needs them.
std::string csv_quoted(std::string_view field);

/// Each `what`, which is not empty, becomes `by`; that is not looked through again.
std::string replace_all(std::string text, std::string_view what, std::string_view by);

/// "a, b, c": of any range of texts.
template <class Parts>
std::string join(const Parts& parts, std::string_view between) {
  std::string all;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) all += between;
    first = false;
    all += part;
  }
  return all;
}

/// "1,234,567".
std::string with_thousands(std::int64_t number);

/// "3 readers", "1 reader": the noun with an s unless the number is one.
std::string counted(std::int64_t number, std::string_view noun);

}  // namespace postrider
