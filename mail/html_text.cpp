#include "mail/html_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"

namespace postrider::mail {

namespace {

using std::string_view;

constexpr std::size_t longest_head = 1024;  // in which a charset is looked for, as browsers do

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string utf8(char32_t c) {
  const auto octet = [](char32_t bits) { return static_cast<char>(bits); };
  const auto tail = [&](int shift) { return octet(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {octet(c)};
  if (c < 0x800) return {octet(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {octet(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {octet(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

/// The character of a reference's number, "#64" or "#x40"; none: it is no number, or no character.
std::optional<std::string> numbered(string_view name) {
  name.remove_prefix(1);
  const int base = name.starts_with('x') || name.starts_with('X') ? 16 : 10;
  if (base == 16) name.remove_prefix(1);
  unsigned number = 0;
  const auto* begin = name.data();
  const auto* end = begin + name.size();
  const auto [last, error] = std::from_chars(begin, end, number, base);
  const bool surrogate = number >= 0xD800 && number < 0xE000;
  if (error != std::errc() || last != end || number < ' ' || number > 0x10FFFF || surrogate)
    return {};
  return utf8(number);
}

/// The character of "&amp;", "&#64;", …, which begins the text; takes it off. None: it is none.
std::optional<std::string> take_entity(string_view& text) {
  static constexpr auto named = std::to_array<std::pair<string_view, string_view>>(
      {{"amp", "&"},    {"lt", "<"},     {"gt", ">"},     {"quot", "\""},      {"apos", "'"},
       {"nbsp", " "},   {"shy", ""},     {"auml", "ä"},   {"ouml", "ö"},       {"uuml", "ü"},
       {"Auml", "Ä"},   {"Ouml", "Ö"},   {"Uuml", "Ü"},   {"szlig", "ß"},      {"eacute", "é"},
       {"egrave", "è"}, {"ecirc", "ê"},  {"agrave", "à"}, {"aacute", "á"},     {"iacute", "í"},
       {"oacute", "ó"}, {"uacute", "ú"}, {"ntilde", "ñ"}, {"ccedil", "ç"},     {"atilde", "ã"},
       {"otilde", "õ"}, {"ugrave", "ù"}, {"ograve", "ò"}, {"rsquo", "\u2019"}, {"aring", "å"}});
  const auto end = text.substr(0, 10).find(';');
  if (end == string_view::npos || end < 2) return {};
  const auto name = text.substr(1, end - 1);
  std::optional<std::string> character;
  if (name.front() == '#') {
    character = numbered(name);
  } else {
    const auto* found = std::find_if(named.begin(), named.end(),
                                     [&](const auto& entity) { return entity.first == name; });
    if (found != named.end()) character = found->second;
  }
  if (character) text.remove_prefix(end + 1);
  return character;
}

/// Takes the tag that begins the text off; what is between <style> and </style> or <script> and
/// </script> with it. What stands for it: a line's end for a block's, nothing otherwise.
string_view take_tag(string_view& text) {
  const auto end = text.find('>');
  const auto tag = text.substr(0, end);
  text.remove_prefix(end == string_view::npos ? text.size() : end + 1);
  auto name = to_lower(tag.substr(1, 8));
  const bool closes = name.starts_with("/");
  if (closes) name.erase(0, 1);
  name.resize(
      static_cast<std::size_t>(std::find_if_not(name.begin(), name.end(), is_word) - name.begin()));
  if (!closes && (name == "style" || name == "script")) {
    const auto last = text.find("</");
    text.remove_prefix(std::min(last, text.size()));
  }
  static constexpr std::array<string_view, 14> blocks{"br", "p",  "div", "tr", "td", "li", "h1",
                                                      "h2", "h3", "pre", "ul", "hr", "th", "body"};
  return std::find(blocks.begin(), blocks.end(), name) != blocks.end() ? "\n" : "";
}

}  // namespace

std::string text_of_html(string_view html) {
  std::string text;
  while (!html.empty()) {
    if (html.front() == '<') {
      text += take_tag(html);
    } else if (auto entity = html.front() == '&' ? take_entity(html) : std::nullopt) {
      text += *entity;
    } else {
      text += html.front();
      html.remove_prefix(1);
    }
  }
  return text;
}

string_view charset_of_html(string_view html) {
  constexpr string_view name = "charset=";
  html = html.substr(0, longest_head);
  const auto small = to_lower(html);
  for (auto tag = small.find("<meta"); tag != std::string::npos;
       tag = small.find("<meta", tag + 1)) {
    const auto end = small.find('>', tag);
    const auto at = small.find(name, tag);
    if (at == std::string::npos || at > end) continue;
    auto said = html.substr(at + name.size(), end - at - name.size());
    said.remove_prefix(std::min(said.find_first_not_of("\"' "), said.size()));
    return said.substr(0, said.find_first_of("\"'; />"));
  }
  return {};
}

}  // namespace postrider::mail
