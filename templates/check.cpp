#include "templates/check.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.h"
#include "templates/body.h"
#include "templates/check_footer.h"
#include "templates/check_links.h"
#include "templates/check_variants.h"
#include "templates/check_words.h"
#include "templates/html.h"
#include "templates/mustache.h"
#include "templates/reader_values.h"

namespace postrider::templates {

namespace {

constexpr std::size_t gmail_clips_at = 102 * 1024;

const std::vector<std::string> fixed_names{
    "subscriber.email",    "subscriber.name", "subscriber.first_name", "unsubscribe_url",
    "preferences_url",     "issue.title",     "issue.subtitle",        "issue.author",
    "issue.date",          "issue.slug",      "publication.name",      "publication.postal_address",
    "publication.base_url"};

class Lint {
 public:
  Lint(const Draft& draft, const Theme& theme, const RenderedIssue& issue, const Known& known)
      : draft_(draft), theme_(theme), issue_(issue), known_(known) {}

  Faults check() {
    const auto body = make_body(draft_);
    if (!body) return body.error();
    check_lists();
    check_tags();
    check_elements(*body);
    const auto values = issue_values(draft_, theme_, known_.publication);
    add(check_words(draft_, *body));
    add(check_links(draft_, *body, issue_.html, values));
    add(check_footer(theme_, issue_, values));
    add(check_variants(draft_, issue_));
    check_size(*body);
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const Fault& a, const Fault& b) { return a.line < b.line; });
    return std::move(faults_);
  }

 private:
  void add(const Faults& more) { faults_.insert(faults_.end(), more.begin(), more.end()); }

  void fault(int line, std::string where, std::string message,
             Severity severity = Severity::error) {
    faults_.push_back({draft_.file, line, std::move(where), std::move(message), severity});
  }

  void check_lists() {
    const std::vector<std::string> known(known_.lists.begin(), known_.lists.end());
    for (const auto& list : draft_.lists) {
      if (known_.lists.contains(list)) continue;
      const auto near = nearest(list, known);
      fault(line_of_key(draft_, "lists"), "lists",
            "there is no list '" + printable(list) + "' in the settings" +
                (near.empty() ? std::string() : "; did you mean " + near + "?"));
    }
  }

  bool is_known(const std::string& name) const {
    if (name.starts_with(attribute_prefix)) {
      const auto attribute = name.substr(attribute_prefix.size());
      // Its own name may have a dot: "address.city".
      return known_.attributes.contains(attribute) ||
             known_.attributes.contains(attribute.substr(0, attribute.find('.')));
    }
    return std::find(fixed_names.begin(), fixed_names.end(), name) != fixed_names.end();
  }

  std::string suggestion(const std::string& name) const {
    if (name.starts_with(attribute_prefix)) {
      const std::vector<std::string> attributes(known_.attributes.begin(), known_.attributes.end());
      const auto near = nearest(name.substr(attribute_prefix.size()), attributes);
      return near.empty() ? "; no subscriber has an attribute of that name"
                          : "; did you mean {{" + std::string(attribute_prefix) + near + "}}?";
    }
    if (name == "archive_url") return "; its page is not built yet";
    const auto near = nearest(name, fixed_names);
    return near.empty() ? "; docs/drafts.md lists those there are"
                        : "; did you mean {{" + near + "}}?";
  }

  void check_tags() {
    const auto tags = scan_tags(draft_.body, draft_.file, draft_.body_line);
    if (!tags) return;
    std::vector<std::string> open;
    for (const auto& tag : *tags) {
      if (tag.kind == TagKind::comment) continue;
      if (tag.kind == TagKind::close) {
        if (!open.empty()) open.pop_back();
        continue;
      }
      if (tag.kind == TagKind::partial)
        fault(tag.line, "", "{{>" + tag.name + "}}: partials belong to the theme, not to a draft");
      // Inside a section on a reader's own list, {{.}} is its element.
      else if (!is_known(tag.name) && !(tag.name == "." && !open.empty()))
        fault(tag.line, "",
              "the tag {{" + tag.name + "}} names nothing known" + suggestion(tag.name));
      if (tag.kind == TagKind::section || tag.kind == TagKind::inverted) open.push_back(tag.name);
    }
  }

  /// Scripts and forms never work in mails, and make them look like an attack.
  void check_elements(const Body& body) {
    for (const auto& element : body.elements) {
      if (element.name == "video" || element.name == "audio" || element.name == "canvas")
        fault(element.line, "",
              "<" + element.name + "> is left out by most mail programs; write a link or an image",
              Severity::warning);
      else if (element.name.starts_with("on"))
        fault(
            element.line, "",
            "the attribute " + element.name + " is a script, which no mail may have; take it out");
      else
        fault(element.line, "",
              "<" + element.name + "> may not stand in a mail; take it out, or write a link");
    }
  }

  void check_size(const Body& body) {
    if (issue_.html.size() <= gmail_clips_at) return;
    const auto sections = sections_of(body);
    std::string shares;
    for (std::size_t i = 0; i < sections.size(); ++i) {
      const auto end = i + 1 < sections.size() ? sections[i + 1].begin : issue_.html.size();
      shares += "; " + printable(sections[i].name) + ": " +
                std::to_string((end - sections[i].begin) / 1024) + " KB";
    }
    fault(1, "",
          "the HTML part is " + std::to_string(issue_.html.size() / 1024) +
              " KB; Gmail cuts mails off at 102 KB" + shares,
          Severity::warning);
  }

  struct Section {
    std::string name;
    std::size_t begin;  // in the HTML part
  };

  /// What stands before the first heading, and each heading of the first two levels with what
  /// follows it.
  std::vector<Section> sections_of(const Body& body) const {
    std::map<std::string, const Heading*> headings;
    for (const auto& heading : body.headings)
      if (heading.level <= 2) headings[heading.anchor] = &heading;
    std::vector<Section> sections{{"before the first heading", 0}};
    walk_html(
        issue_.html,
        [&](const HtmlTag& tag) {
          const auto found = tag.name.starts_with('h') && !tag.closing
                                 ? headings.find(tag.attribute("id"))
                                 : headings.end();
          if (found != headings.end()) sections.push_back({found->second->text, tag.begin});
        },
        [](std::string_view) {});
    return sections;
  }

  const Draft& draft_;
  const Theme& theme_;
  const RenderedIssue& issue_;
  const Known& known_;
  Faults faults_;
};

}  // namespace

Faults check_issue(const Draft& draft, const Theme& theme, const RenderedIssue& issue,
                   const Known& known) {
  return Lint(draft, theme, issue, known).check();
}

}  // namespace postrider::templates
