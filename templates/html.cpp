#include "templates/html.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace postrider::templates {

namespace {

constexpr std::array<std::string_view, 3> raw_elements{"style", "script", "title"};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
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

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }

bool begins_markup(std::string_view html) {
  if (html.size() < 2) return false;
  const char next = html[1] == '/' && html.size() > 2 ? html[2] : html[1];
  return (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || html[1] == '!' ||
         html[1] == '?';
}

/// Where the element's closing tag begins, in any case of letters.
std::size_t find_closing(std::string_view html, std::string_view name, std::size_t at) {
  for (at = html.find("</", at); at != std::string_view::npos; at = html.find("</", at + 2))
    if (iequals(html.substr(at + 2, name.size()), name)) return at;
  return at;
}

/// The value, as it is written, of the first wanted attribute; empty where it has none.
std::optional<std::string_view> find_attribute(
    const HtmlTag& tag, const std::function<bool(std::string_view)>& is_wanted) {
  std::optional<std::string_view> found;
  walk_attributes(tag, [&](const HtmlAttribute& attribute) {
    if (!found && is_wanted(attribute.name)) found = attribute.value;
  });
  return found;
}

std::optional<std::string_view> find_attribute(const HtmlTag& tag, std::string_view wanted) {
  return find_attribute(tag, [wanted](std::string_view name) { return iequals(name, wanted); });
}

}  // namespace

bool HtmlTag::has(std::string_view wanted) const {
  return find_attribute(*this, wanted).has_value();
}

std::vector<std::string> HtmlTag::attribute_names() const {
  std::vector<std::string> names;
  find_attribute(*this, [&](std::string_view found) {
    names.push_back(to_lower(found));
    return false;
  });
  return names;
}

std::string HtmlTag::attribute(std::string_view wanted) const {
  return decode_entities(find_attribute(*this, wanted).value_or(""));
}

void walk_attributes(const HtmlTag& tag,
                     const std::function<void(const HtmlAttribute&)>& on_attribute) {
  auto rest = tag.raw.substr(0, tag.raw.size() - 1);
  const auto skip_blanks = [&rest] {
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  };
  rest.remove_prefix(std::min(1 + tag.name.size() + (tag.closing ? 1 : 0), rest.size()));
  for (;;) {
    while (!rest.empty() && (is_blank(rest.front()) || rest.front() == '/')) rest.remove_prefix(1);
    if (rest.empty()) return;
    HtmlAttribute attribute;
    attribute.name = rest.substr(0, std::max<std::size_t>(rest.find_first_of(" \t\n\r\f/="), 1));
    rest.remove_prefix(attribute.name.size());
    skip_blanks();
    if (rest.starts_with('=')) {
      rest.remove_prefix(1);
      skip_blanks();
      const char quote = rest.starts_with('"') || rest.starts_with('\'') ? rest.front() : '\0';
      attribute.quoted = quote != '\0';
      if (attribute.quoted) rest.remove_prefix(1);
      attribute.value =
          rest.substr(0, attribute.quoted ? rest.find(quote) : rest.find_first_of(" \t\n\r\f"));
      rest.remove_prefix(
          std::min(attribute.value.size() + (attribute.quoted ? 1 : 0), rest.size()));
    }
    on_attribute(attribute);
  }
}

std::size_t walk_html(std::string_view html, const std::function<void(const HtmlTag&)>& on_tag,
                      const std::function<void(std::string_view)>& on_text) {
  std::size_t words = 0;  // not told yet
  const auto tell_words = [&](std::size_t end) {
    if (end > words) on_text(html.substr(words, end - words));
  };
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
    if (!begins_markup(html.substr(at))) {  // a bare <, as in "a < b"
      ++at;
      continue;
    }
    tell_words(at);
    const auto begin = at;
    if (html.substr(at).starts_with("<!--")) {
      const auto end = html.find("-->", at + 4);
      if (end == std::string_view::npos) return begin;
      words = at = end + 3;
      continue;
    }
    const bool closing = html[at + 1] == '/';
    const auto name_begin = at + (closing ? 2 : 1);
    auto name_end = name_begin;
    while (name_end < html.size() && is_name(html[name_end])) ++name_end;
    const auto end = tag_end(html, name_end);
    if (end == std::string_view::npos) return begin;
    words = at = end + 1;
    if (name_end == name_begin) continue;  // a doctype
    const HtmlTag tag{to_lower(html.substr(name_begin, name_end - name_begin)), closing,
                      html.substr(begin, at - begin), begin};
    on_tag(tag);
    if (!closing &&
        std::find(raw_elements.begin(), raw_elements.end(), tag.name) != raw_elements.end()) {
      const auto close = find_closing(html, tag.name, at);
      if (close == std::string_view::npos) return begin;
      words = at = close;
    }
  }
  tell_words(html.size());
  return std::string_view::npos;
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

}  // namespace postrider::templates
