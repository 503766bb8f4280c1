// What templates may name of an issue: one flat table of plain texts, filled once an issue.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "templates/issue.h"

namespace postrider::templates {

/// By dotted name: "issue.title" → "Unrest; talks". An empty text is false in a section. Words of
/// the theme are there too ("words.contents"), the publication's name filled in.
using Values = std::map<std::string, std::string>;

Values issue_values(const Draft& draft, const Theme& theme, const PublicationText& publication);

/// Whether the language is written from right to left.
bool is_right_to_left(std::string_view language);

/// "2022-01-10" as the language writes it: "10 January 2022"; any other text as it is.
std::string shown_date(const std::string& date, const Words& words);

}  // namespace postrider::templates
