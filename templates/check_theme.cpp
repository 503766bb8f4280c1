#include "templates/check_theme.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "templates/check_footer.h"
#include "templates/html.h"
#include "templates/issue_values.h"
#include "templates/mustache.h"
#include "templates/notice.h"
#include "templates/styles.h"
#include "templates/theme_file.h"

namespace postrider::templates {

namespace {

constexpr std::array pages{"page.html.mustache", "unsubscribe.html.mustache",
                           "unsubscribed.html.mustache", "not_found.html.mustache",
                           "try_later.html.mustache"};

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

void check_partials(const Theme& theme, Faults& faults) {
  for (const auto& [name, file] : theme.files)
    if (name.ends_with(".mustache"))
      if (const auto tags = scan_tags(file.text, file.file); !tags) add(faults, tags.error());
}

}  // namespace

Faults check_pages(const Theme& theme) {
  Faults faults;
  for (const auto* name : pages) {
    Faults found;
    const auto text = whole_page(theme, name, found);
    const auto& file = theme.files.at(name).file;
    const bool is_frame = name == pages.front();
    if (found.empty() && is_frame && text.find("content}}") == std::string::npos)
      found.push_back({file, 1, "", "has no {{{content}}}, so that every page would be empty"});
    if (found.empty() && name == pages[1] && !has_form(text))
      found.push_back({file, 1, "",
                       "has no form by which a reader can leave; write <form method=\"post\"> with "
                       "a button in it"});
    add(faults, found);
  }
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
