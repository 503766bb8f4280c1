#include "templates/issue_values.h"

#include <array>
#include <cstdlib>

#include "base/text.h"
#include "templates/plain_text.h"

namespace postrider::templates {

namespace {

/// A value is rendered once more for each reader: an invisible word joiner (U+2060) between two
/// braces keeps it from being read as a tag then.
std::string without_tags(std::string text) {
  for (auto at = text.find("{{"); at != std::string::npos; at = text.find("{{", at))
    text.insert(at + 1, "\u2060");
  return text;
}

void replace(std::string& text, std::string_view what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

std::string word(const Words& words, const std::string& key) {
  const auto found = words.find(key);
  return found == words.end() ? std::string() : found->second;
}

/// In a language from right to left the author stands isolated (U+2068, U+2069), lest a Latin name
/// take the day with it.
std::string byline(const std::string& author, const std::string& date, bool isolated) {
  if (author.empty() || date.empty()) return author + date;
  return (isolated ? "\u2068" + author + "\u2069" : author) + " · " + date;
}

}  // namespace

bool is_right_to_left(std::string_view language) {
  const auto primary = language.substr(0, language.find('-'));
  return primary == "ar" || primary == "he" || primary == "fa" || primary == "ur";
}

std::string shown_date(const std::string& date, const Words& words) {
  constexpr std::string_view pattern = "dddd-dd-dd";
  if (date.size() != pattern.size()) return date;
  for (std::size_t i = 0; i < date.size(); ++i)
    if ((pattern[i] == 'd') != (date[i] >= '0' && date[i] <= '9')) return date;
  const auto names = word(words, "months");
  const auto months = split(names, ',');
  const auto month = static_cast<std::size_t>(std::atoi(date.substr(5, 2).c_str()));
  auto shown = word(words, "date");
  if (month < 1 || month > months.size() || shown.empty()) return date;
  replace(shown, "{{day}}", std::to_string(std::atoi(date.substr(8, 2).c_str())));
  replace(shown, "{{month}}", std::string(trim(months[month - 1])));
  replace(shown, "{{year}}", date.substr(0, 4));
  return shown;
}

Values issue_values(const Draft& draft, const Theme& theme, const PublicationText& publication) {
  const auto date = shown_date(draft.date, theme.words);
  Values values{
      {"issue.title", draft.title},
      {"issue.subtitle", draft.subtitle},
      {"issue.author", draft.author},
      {"issue.date", date},
      {"issue.slug", draft.slug},
      {"issue.byline", byline(draft.author, date, is_right_to_left(theme.language))},
      {"issue.title_lines", wrap(draft.title, "", "")},
      {"issue.subtitle_lines", wrap(draft.subtitle, "", "")},
      {"publication.name", publication.name},
      {"publication.postal_address", publication.postal_address},
      {"publication.base_url", publication.base_url},
      {"language", theme.language},
      {"direction", is_right_to_left(theme.language) ? "rtl" : "ltr"},
  };
  for (const auto& [key, text] : theme.words) {
    const bool for_issues = text.find("{{list.name}}") == std::string::npos;
    if (!for_issues || key == "date" || key == "months" || key == "correction") continue;
    auto& value = values["words." + key] = text;
    replace(value, "{{publication.name}}", publication.name);
  }
  for (auto& [name, value] : values) value = without_tags(std::move(value));
  return values;
}

}  // namespace postrider::templates
