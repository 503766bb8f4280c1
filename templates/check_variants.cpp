#include "templates/check_variants.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <vector>

#include "templates/mustache.h"
#include "templates/variant.h"

namespace postrider::templates {

namespace {

constexpr std::string_view what_it_costs =
    "is rendered anew for each reader, which takes many times as long as filling in values";

using Names = std::vector<std::string>;

void add(Names& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// What an issue's sections depend on, in the order in which they come.
struct Sections {
  Names names;     // those that not every reader has alike
  Names repeated;  // those with {{.}} in them, for each element of a list
};

void look_at(std::string_view text, Sections& sections) {
  const auto tags = scan_tags(text, "");
  if (!tags) return;
  Names open;
  for (const auto& tag : *tags) {
    if (tag.kind == TagKind::close && !open.empty()) open.pop_back();
    if (tag.kind == TagKind::section || tag.kind == TagKind::inverted) {
      open.push_back(tag.kind == TagKind::section ? tag.name : std::string());
      // Each reader has an address and doors.
      if (tag.name != "subscriber.email" && !is_our_url(tag.name)) add(sections.names, tag.name);
    }
    if (tag.name == "." && !open.empty() && open.back().starts_with("subscriber.attributes."))
      add(sections.repeated, open.back());
  }
}

/// Where the draft opens the section; 1: the theme does.
int line_of(const Draft& draft, const std::string& name) {
  const auto tags = scan_tags(draft.body, draft.file, draft.body_line);
  if (!tags) return 1;
  const auto found = std::find_if(tags->begin(), tags->end(), [&](const Tag& tag) {
    return tag.name == name && (tag.kind == TagKind::section || tag.kind == TagKind::inverted);
  });
  return found == tags->end() ? 1 : found->line;
}

}  // namespace

Faults check_variants(const Draft& draft, const RenderedIssue& issue) {
  Sections sections;
  look_at(issue.html, sections);
  look_at(issue.text, sections);
  Faults faults;
  // So many sections have as many outcomes as variants are kept.
  constexpr auto most = static_cast<std::size_t>(std::countr_zero(most_variants));
  if (sections.names.size() > most)
    faults.push_back({draft.file, line_of(draft, sections.names[most]), "",
                      std::to_string(sections.names.size()) +
                          " sections depend on the reader, and " + std::to_string(most) +
                          " are rendered once for all; beyond " + std::to_string(most_variants) +
                          " variants a mail " + std::string(what_it_costs) +
                          "; leave some of them out",
                      Severity::warning});
  for (const auto& name : sections.repeated)
    faults.push_back({draft.file, line_of(draft, name), "",
                      "{{#" + name +
                          "}} has {{.}} in it; where that is a reader's own list, the mail " +
                          std::string(what_it_costs),
                      Severity::warning});
  return faults;
}

}  // namespace postrider::templates
