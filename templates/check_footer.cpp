#include "templates/check_footer.h"

#include <algorithm>

#include "templates/html.h"
#include "templates/mustache.h"
#include "templates/theme_file.h"

namespace postrider::templates {

namespace {

bool is_value(const Tag& tag, std::string_view name) {
  return (tag.kind == TagKind::variable || tag.kind == TagKind::unescaped) && tag.name == name;
}

bool has_value(std::string_view text, std::string_view name) {
  const auto tags = scan_tags(text, "");
  return tags && std::any_of(tags->begin(), tags->end(),
                             [&](const Tag& tag) { return is_value(tag, name); });
}

bool has_unsubscribe_link(std::string_view html) {
  bool found = false;
  walk_html(
      html,
      [&](const HtmlTag& tag) {
        if (tag.name == "a" && has_value(tag.attribute("href"), "unsubscribe_url")) found = true;
      },
      [](std::string_view) {});
  return found;
}

/// Whether the tag stands among the words that are shown.
bool shows_value(std::string_view html, std::string_view name) {
  const auto tags = scan_tags(html, "");
  if (!tags) return false;
  const auto lifted = lift(html, *tags, [&](const Tag& tag) { return is_value(tag, name); });
  bool found = false;
  walk_html(
      lifted.text, [](const HtmlTag&) {},
      [&](std::string_view words) {
        if (words.find(lifted.word) != std::string_view::npos) found = true;
      });
  return found;
}

int line_of_body(const TemplateFile& file) {
  const auto tags = scan_tags(file.text, file.file);
  if (!tags) return 1;
  const auto body = std::find_if(tags->begin(), tags->end(),
                                 [](const Tag& tag) { return is_value(tag, "body"); });
  return body == tags->end() ? 1 : body->line;
}

}  // namespace

Faults check_footer(const Theme& theme, const RenderedIssue& issue, const Values& values) {
  Faults faults;
  const auto check = [&](const std::string& name, const std::string& part, bool link,
                         const auto& shows) {
    const auto& file = theme.files.at(name);
    const auto fault = [&](const std::string& message) {
      faults.push_back({file.file, line_of_body(file), "", "the " + part + " part " + message});
    };
    if (!link) fault("has no unsubscribe link; write {{unsubscribe_url}} in its footer");
    Faults told_already;
    const auto text = whole_template(theme, name, values, told_already);
    if (!shows(text, "publication.postal_address"))
      fault("has no postal address; write {{publication.postal_address}} in its footer");
    if (!shows(text, "body")) fault("has no body; write {{{body}}}");
  };
  check("issue.html.mustache", "HTML", has_unsubscribe_link(issue.html), shows_value);
  check("issue.text.mustache", "text", has_value(issue.text, "unsubscribe_url"), has_value);
  return faults;
}

}  // namespace postrider::templates
