// A walk over an HTML document's tags and words, enough for a draft and for a theme's output; it is
// the writer's own HTML, not a stranger's.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::templates {

struct HtmlTag {
  std::string name;  // lower case
  bool closing = false;
  std::string_view raw;  // from < to >
  std::size_t begin = 0;

  /// An attribute's value with its entities decoded; empty: none. `wanted` in lower case.
  std::string attribute(std::string_view wanted) const;
  bool has(std::string_view wanted) const;
  std::vector<std::string> attribute_names() const;  // lower case
};

/// As it is written (HTML Standard §13.1.2.3).
struct HtmlAttribute {
  std::string_view name;
  std::string_view value;  // empty where it has none; entities not decoded
  bool quoted = false;
};

/// Calls `on_attribute` for each attribute of the tag, in order.
void walk_attributes(const HtmlTag& tag,
                     const std::function<void(const HtmlAttribute&)>& on_attribute);

/// Calls `on_tag` for each tag and `on_text` for what is between them, entities not decoded.
/// Comments, doctypes, and what is inside style, script and title are passed over. Returns where a
/// tag, a comment or such an element begins that never ends, which ends the walk; npos: nowhere.
std::size_t walk_html(std::string_view html, const std::function<void(const HtmlTag&)>& on_tag,
                      const std::function<void(std::string_view)>& on_text);

std::string escape_html(std::string_view text);  // & < > " and ' as &#39;

/// HTML 4's entities and numbers as the characters they stand for; a blank for &nbsp;.
std::string decode_entities(std::string_view text);  // entities.cpp

}  // namespace postrider::templates
