// A theme: mustache templates, element styles and words. The built-in one is compiled in; files of
// the same name in the publication's theme folder replace its files one by one.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace postrider::templates {

/// The words of the theme in one language, by key: "unsubscribe" → "Unsubscribe".
using Words = std::map<std::string, std::string>;

/// The words in `language` ("de", "pt-BR" falls back to "pt", then "en"). `overrides`: the theme
/// folder, where languages/LANGUAGE.yaml may replace or add words; may be empty or missing.
tl::expected<Words, Faults> load_words(std::string_view language,
                                       const std::filesystem::path& overrides);

/// Every language there are built-in words for: "en", "de", …
const std::vector<std::string>& built_in_languages();

struct TemplateFile {
  std::string file;  // for faults: "theme/issue.html.mustache", or "(built in) …"
  std::string text;
};

struct Theme {
  std::map<std::string, TemplateFile> files;  // by name: "issue.html.mustache"
  Words words;
  std::string language;
};

/// The named theme ("default": the built-in one) under the publication's theme folder: files in
/// theme/ override the built-in ones; theme: NAME in a draft takes theme/NAME/ first.
tl::expected<Theme, Faults> load_theme(std::string_view name,
                                       const std::filesystem::path& theme_folder,
                                       std::string_view language);

/// What there is in the publication's theme folder.
struct ThemeFolder {
  std::vector<std::string> names;   // "default", then those of its folders
  std::set<std::string> languages;  // that some theme has own words of
  Faults faults;                    // files among the languages that are none
};
ThemeFolder look_into_themes(const std::filesystem::path& theme_folder);

}  // namespace postrider::templates
