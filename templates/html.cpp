#include "templates/html.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace postrider::templates {

namespace {

constexpr std::array<std::string_view, 3> raw_elements{"style", "script", "title"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 20> entities{
    {{"amp", "&"},   {"lt", "<"},    {"gt", ">"},    {"quot", "\""},  {"apos", "'"},
     {"nbsp", " "},  {"ndash", "–"}, {"mdash", "—"}, {"hellip", "…"}, {"lsquo", "‘"},
     {"rsquo", "’"}, {"ldquo", "“"}, {"rdquo", "”"}, {"laquo", "«"},  {"raquo", "»"},
     {"copy", "©"},  {"euro", "€"},  {"times", "×"}, {"middot", "·"}, {"zwnj", ""}}};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = 0xFFFD;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// Where the tag that begins at `at` ends, quotes respected.
std::size_t tag_end(std::string_view html, std::size_t at) {
  char quote = 0;
  for (; at < html.size(); ++at) {
    if (quote != 0) {
      if (html[at] == quote) quote = 0;
    } else if (html[at] == '"' || html[at] == '\'') {
      quote = html[at];
    } else if (html[at] == '>') {
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool HtmlTag::has(std::string_view wanted) const {
  return raw.find(' ' + std::string(wanted) + '=') != std::string_view::npos;
}

std::string HtmlTag::attribute(std::string_view wanted) const {
  auto at = raw.find(' ' + std::string(wanted) + '=');
  if (at == std::string_view::npos) return {};
  at += wanted.size() + 2;
  if (at >= raw.size()) return {};
  const char quote = raw[at];
  if (quote == '"' || quote == '\'')
    return decode_entities(raw.substr(at + 1, raw.find(quote, at + 1) - at - 1));
  return decode_entities(raw.substr(at, raw.find_first_of(" >", at) - at));
}

void walk_html(std::string_view html, const std::function<void(const HtmlTag&)>& on_tag,
               const std::function<void(std::string_view)>& on_text) {
  for (std::size_t at = 0; at < html.size();) {
    const auto open = std::min(html.find('<', at), html.size());
    if (open > at) on_text(html.substr(at, open - at));
    if (open == html.size()) return;
    if (html.substr(open).starts_with("<!--")) {
      const auto end = html.find("-->", open);
      at = end == std::string_view::npos ? html.size() : end + 3;
      continue;
    }
    const bool closing = open + 1 < html.size() && html[open + 1] == '/';
    auto name_end = open + (closing ? 2 : 1);
    const auto name_begin = name_end;
    while (name_end < html.size() && is_name(html[name_end])) ++name_end;
    const auto end = tag_end(html, name_end);
    if (end == std::string_view::npos) return;
    at = end + 1;
    if (name_end == name_begin) continue;  // a doctype
    const HtmlTag tag{to_lower(html.substr(name_begin, name_end - name_begin)), closing,
                      html.substr(open, at - open), open};
    on_tag(tag);
    if (!closing &&
        std::find(raw_elements.begin(), raw_elements.end(), tag.name) != raw_elements.end()) {
      const auto close = html.find("</" + tag.name, at);
      at = close == std::string_view::npos ? html.size() : close;
    }
  }
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string decode_entities(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto end = text[at] == '&' ? text.find(';', at) : std::string_view::npos;
    if (end == std::string_view::npos || end - at > 10) {
      out += text[at];
      continue;
    }
    const auto name = text.substr(at + 1, end - at - 1);
    const auto known = std::find_if(entities.begin(), entities.end(),
                                    [&](const auto& entity) { return entity.first == name; });
    std::uint32_t code = 0;
    const bool hexadecimal = name.starts_with("#x") || name.starts_with("#X");
    const auto* digits_end = name.data() + name.size();
    const auto* digits = name.data() + std::min<std::size_t>(hexadecimal ? 2 : 1, name.size());
    if (known != entities.end()) {
      out += known->second;
    } else if (name.starts_with('#') &&
               std::from_chars(digits, digits_end, code, hexadecimal ? 16 : 10).ptr == digits_end) {
      append_utf8(out, code);
    } else {
      out += text[at];
      continue;
    }
    at = end;
  }
  return out;
}

}  // namespace postrider::templates
