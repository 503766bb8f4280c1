#include "templates/check_theme.h"

#include <algorithm>

#include "base/text.h"
#include "templates/check_footer.h"
#include "templates/html.h"
#include "templates/issue_values.h"
#include "templates/mustache.h"
#include "templates/notice.h"
#include "templates/page.h"
#include "templates/places.h"
#include "templates/styles.h"
#include "templates/theme_file.h"

namespace postrider::templates {

namespace {

/// Once each, in the order found.
void add(Faults& faults, const Faults& more) {
  for (const auto& fault : more)
    if (std::find(faults.begin(), faults.end(), fault) == faults.end()) faults.push_back(fault);
}

/// A draft with everything that templates have sections for.
Draft sample_draft() {
  const auto draft = parse_draft(
      "---\ntitle: Title\nsubtitle: Subtitle\nauthor: Author\ndate: 2022-01-10\ntoc: true\n---\n"
      "## Heading\n\nText.\n",
      "sample.md");
  return draft.value();
}

void check_mails(const Theme& theme, const PublicationText& publication, Faults& faults) {
  const auto draft = sample_draft();
  const auto values = issue_values(draft, theme, publication);
  Faults found;
  for (const auto* name : {"issue.html.mustache", "issue.text.mustache"})
    whole_template(theme, name, values, found);
  const auto& sheet = theme.files.at("elements.css");
  if (const auto styles = parse_styles(sheet.text, sheet.file); !styles) add(found, styles.error());
  add(faults, found);
  if (!found.empty()) return;
  const auto issue = render_issue(draft, theme, publication);
  add(faults, issue ? check_footer(theme, *issue, values) : issue.error());
}

/// Mail programs, scanners and readers without scripts can leave by nothing but a form.
bool has_form(std::string_view html) {
  bool form = false;
  bool button = false;
  walk_html(
      html,
      [&](const HtmlTag& tag) {
        if (tag.name == "form" && iequals(tag.attribute("method"), "post")) form = true;
        if (tag.name == "button" || (tag.name == "input" && tag.attribute("type") == "submit"))
          button = true;
      },
      [](std::string_view) {});
  return form && button;
}

/// A field of that name that carries the value of that name.
bool has_field(std::string_view html, std::string_view name) {
  bool found = false;
  walk_html(
      html,
      [&](const HtmlTag& tag) {
        found = found || (tag.name == "input" && tag.attribute("name") == name &&
                          tag.attribute("value").find(name) != std::string::npos);
      },
      [](std::string_view) {});
  return found;
}

/// A notice's link is what it is sent for.
void check_notices(const Theme& theme, const PublicationText& publication, Faults& faults) {
  const NoticeText sample{"confirm", "List", publication.base_url + "/confirm/TOKEN"};
  const auto notice = render_notice(sample, theme, publication);
  if (!notice) return add(faults, notice.error());
  bool linked = false;
  walk_html(
      notice->html,
      [&](const HtmlTag& tag) {
        linked = linked || (tag.name == "a" && tag.attribute("href") == sample.url);
      },
      [](std::string_view) {});
  const auto told = [&](const std::string& name, const std::string& where) {
    add(faults, {{theme.files.at(name).file, 1, "",
                  "has no {{notice.url}} " + where + ", so that nobody could confirm anything"}});
  };
  if (!linked) told("notice.html.mustache", "in a link");
  if (notice->text.find(sample.url) == std::string::npos) told("notice.text.mustache", "in it");
}

Faults faults_of_page(const Theme& theme, const PageKind& kind) {
  Faults faults;
  const auto name = page_file(kind.name);
  if (const auto page = Page::make(theme, kind, {}); !page) return page.error();
  const auto text = whole_page(theme, name, kind.values, faults);
  const auto& file = theme.files.at(name).file;
  if (const auto tags = scan_tags(text, file)) faults = misplaced_tags(text, *tags, file);
  if (kind.needs_form && !has_form(text))
    faults.push_back({file, 1, "",
                      "has no form, so that a reader could do nothing there; write <form "
                      "method=\"post\"> with a button in it"});
  if (const std::string field(kind.field); !field.empty() && !has_field(text, field))
    faults.push_back({file, 1, "",
                      "has no field " + field +
                          ", so that no list could be left; write <input "
                          "type=\"hidden\" name=\"" +
                          field + "\" value=\"{{" + field + "}}\">"});
  return faults;
}

void check_partials(const Theme& theme, Faults& faults) {
  for (const auto& [name, file] : theme.files)
    if (name.ends_with(".mustache"))
      if (const auto tags = scan_tags(file.text, file.file); !tags) add(faults, tags.error());
}

}  // namespace

Faults check_pages(const Theme& theme) {
  Faults faults;
  Faults of_frame;
  const auto text = whole_page(theme, std::string(page_frame), {}, of_frame);
  const auto& frame = theme.files.at(std::string(page_frame)).file;
  if (of_frame.empty() && text.find("content}}") == std::string::npos)
    of_frame.push_back({frame, 1, "", "has no {{{content}}}, so that every page would be empty"});
  add(faults, of_frame);
  for (const auto& kind : page_kinds()) add(faults, faults_of_page(theme, kind));
  return faults;
}

Faults check_theme(const Theme& theme, const PublicationText& publication) {
  Faults faults;
  check_mails(theme, publication, faults);
  check_notices(theme, publication, faults);
  add(faults, check_pages(theme));
  check_partials(theme, faults);
  return faults;
}

}  // namespace postrider::templates
