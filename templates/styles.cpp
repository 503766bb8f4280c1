#include "templates/styles.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "templates/html.h"

namespace postrider::templates {

namespace {

/// "margin: 0 0 18px; color: red" → "margin:0 0 18px;color:red": every octet is sent to everybody.
std::string compact(std::string_view declarations) {
  std::string out;
  for (const auto declaration : split(declarations, ';')) {
    const auto colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    if (!out.empty()) out += ';';
    out += trim(declaration.substr(0, colon));
    out += ':';
    out += trim(declaration.substr(colon + 1));
  }
  return out;
}

/// What is no `property: value`; empty: all are.
std::string_view broken_declaration(std::string_view declarations) {
  for (const auto declaration : split(declarations, ';')) {
    const auto text = trim(declaration);
    const auto colon = text.find(':');
    const auto property = trim(text.substr(0, colon));
    const bool whole = colon != std::string_view::npos && !property.empty() &&
                       property.find_first_of(" \t\n") == std::string_view::npos &&
                       !trim(text.substr(colon + 1)).empty();
    // A second colon in one: the semicolon between two was left out.
    const bool one = text.find(':', colon + 1) == std::string_view::npos ||
                     text.find('(') != std::string_view::npos;
    if (!text.empty() && !(whole && one)) return text;
  }
  return {};
}

std::string swap_sides(std::string text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto rest = std::string_view(text).substr(at);
    if (rest.starts_with("left")) {
      text.replace(at, 4, "right");
      at += 4;
    } else if (rest.starts_with("right")) {
      text.replace(at, 5, "left");
      at += 3;
    }
  }
  return text;
}

/// "2px 0 2px 18px" → "2px 18px 2px 0".
std::string mirrored_box(std::string_view value) {
  const auto sides = split(value, ' ');
  if (sides.size() != 4) return std::string(value);
  const auto side = [&](std::size_t i) { return std::string(sides[i]); };
  return side(0) + ' ' + side(3) + ' ' + side(2) + ' ' + side(1);
}

bool is_selector(std::string_view selector) {
  return !selector.empty() && std::all_of(selector.begin(), selector.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ';
  });
}

/// "blockquote  p" → "blockquote p".
std::string one_spaced(std::string_view selector) {
  std::string out;
  for (const char c : selector)
    if (c != ' ' || out.back() != ' ') out += c;
  return out;
}

std::string without_comments(std::string_view css) {
  std::string out;
  for (;;) {
    const auto begin = css.find("/*");
    out += css.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    const auto end = css.find("*/", begin + 2);
    if (end == std::string_view::npos) return out + std::string(css.substr(begin));
    // Line breaks stay, for the faults' line numbers.
    const auto comment = css.substr(begin, end - begin);
    out.append(static_cast<std::size_t>(std::count(comment.begin(), comment.end(), '\n')), '\n');
    css.remove_prefix(end + 2);
  }
}

/// An align attribute, as Markdown's tables have it, is the writer's word: text-align would win.
std::string without_alignment(const std::string& style) {
  std::string out;
  for (const auto declaration : split(style, ';')) {
    if (declaration.starts_with("text-align:")) continue;
    if (!out.empty()) out += ';';
    out += declaration;
  }
  return out;
}

constexpr std::array<std::string_view, 14> void_elements{
    "area",  "base", "br",   "col",   "embed",  "hr",    "img",
    "input", "link", "meta", "param", "source", "track", "wbr"};

/// HTML Standard §13.1.2: those that have no closing tag.
bool is_void(std::string_view name) {
  return std::find(void_elements.begin(), void_elements.end(), name) != void_elements.end();
}

/// The elements that are open, so kept that none is looked for among all others.
class OpenElements {
 public:
  explicit OpenElements(const Styles& styles) : styles_(styles) {
    for (const auto& [selector, style] : styles)
      if (const auto blank = selector.find(' '); blank != std::string::npos)
        nested_[selector.substr(blank + 1)].push_back({selector.substr(0, blank), &style});
  }

  void push(const std::string& name) {
    depths_[name].push_back(open_.size());
    open_.push_back(name);
  }

  /// Closes the innermost of that name and all within it; none of that name: nothing.
  void pop(const std::string& name) {
    const auto found = depths_.find(name);
    if (found == depths_.end() || found->second.empty()) return;
    const auto depth = found->second.back();
    for (; open_.size() > depth; open_.pop_back()) depths_[open_.back()].pop_back();
  }

  /// The nested rule with the innermost outer element, or the element's own; none: null.
  const std::string* style_of(const std::string& name) const {
    const std::string* style = nullptr;
    std::size_t innermost = 0;
    if (const auto rules = nested_.find(name); rules != nested_.end()) {
      for (const auto& rule : rules->second) {
        const auto outer = depths_.find(rule.outer);
        if (outer == depths_.end() || outer->second.empty()) continue;
        if (style && outer->second.back() < innermost) continue;
        innermost = outer->second.back();
        style = rule.style;
      }
    }
    if (style) return style;
    const auto plain = styles_.find(name);
    return plain == styles_.end() ? nullptr : &plain->second;
  }

 private:
  struct Rule {
    std::string outer;
    const std::string* style;
  };
  const Styles& styles_;
  std::map<std::string, std::vector<Rule>> nested_;         // by the inner element
  std::vector<std::string> open_;                           // the innermost last
  std::map<std::string, std::vector<std::size_t>> depths_;  // where in open_, by name
};

}  // namespace

tl::expected<Styles, Faults> parse_styles(std::string_view css, std::string_view file) {
  Styles styles;
  Faults faults;
  const auto text = without_comments(css);
  std::string_view rest = text;
  int line = 1;
  while (!trim(rest).empty()) {
    const auto open = std::min(rest.find('{'), rest.size());
    const auto close = std::min(rest.find('}', open), rest.size());
    const auto selector = trim(rest.substr(0, open));
    const auto before = rest.substr(0, rest.find_first_not_of(" \t\r\n"));
    line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    const auto declarations =
        close > open ? rest.substr(open + 1, close - open - 1) : std::string_view();
    const bool safe = declarations.find_first_of("\"<>{") == std::string_view::npos;
    if (selector.starts_with("/*")) {
      faults.push_back({std::string(file), line, "", "a comment begins here and never ends"});
      return tl::make_unexpected(std::move(faults));
    }
    if (close == rest.size() || !is_selector(selector) || !safe) {
      faults.push_back({std::string(file), line, std::string(selector),
                        "is no rule that can be written into mails; write: element { property: "
                        "value }"});
      return tl::make_unexpected(std::move(faults));
    }
    if (const auto broken = broken_declaration(declarations); !broken.empty()) {
      const auto above = rest.substr(0, static_cast<std::size_t>(broken.data() - rest.data()));
      const auto breaks = std::count(above.begin(), above.end(), '\n') -
                          std::count(before.begin(), before.end(), '\n');
      faults.push_back({std::string(file), line + static_cast<int>(breaks), std::string(selector),
                        "'" + printable(cut_utf8(broken.substr(0, broken.find('\n')), 80)) +
                            "' is no declaration; write property: value;"});
    }
    styles[one_spaced(selector)] = compact(declarations);
    const auto rule = rest.substr(before.size(), close + 1 - before.size());
    line += static_cast<int>(std::count(rule.begin(), rule.end(), '\n'));
    rest.remove_prefix(close + 1);
  }
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  return styles;
}

void mirror(Styles& styles) {
  for (auto& [selector, declarations] : styles) {
    std::string mirrored;
    for (const auto declaration : split(declarations, ';')) {
      const auto colon = declaration.find(':');
      const auto name = declaration.substr(0, colon);
      if (!mirrored.empty()) mirrored += ';';
      if (colon != std::string_view::npos && (name == "margin" || name == "padding"))
        mirrored += std::string(name) + ':' + mirrored_box(declaration.substr(colon + 1));
      else
        mirrored += swap_sides(std::string(declaration));
    }
    declarations = std::move(mirrored);
  }
}

std::string with_styles(std::string_view html, const Styles& styles) {
  std::string out;
  out.reserve(html.size() + html.size() / 4);
  std::size_t copied = 0;
  OpenElements open(styles);
  walk_html(
      html,
      [&](const HtmlTag& tag) {
        if (tag.closing) return open.pop(tag.name);
        if (const auto* style = open.style_of(tag.name); style && !tag.has("style")) {
          const auto at = tag.begin + 1 + tag.name.size();
          out += html.substr(copied, at - copied);
          out += " style=\"" + (tag.has("align") ? without_alignment(*style) : *style) + "\"";
          copied = at;
        }
        if (!is_void(tag.name)) open.push(tag.name);
      },
      [](std::string_view) {});
  out += html.substr(copied);
  return out;
}

}  // namespace postrider::templates
