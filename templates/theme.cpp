#include "templates/theme.h"

#include <algorithm>
#include <array>
#include <optional>
#include <yaml-cpp/yaml.h>

#include "base/files.h"
#include "base/text.h"

namespace postrider {
std::string_view built_in_file(std::string_view name);
}

namespace postrider::templates {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_file = 256 * 1024;

constexpr std::array<std::string_view, 8> theme_files{
    "issue.html.mustache",     "issue.text.mustache",       "elements.css",
    "page.html.mustache",      "unsubscribe.html.mustache", "unsubscribed.html.mustache",
    "not_found.html.mustache", "try_later.html.mustache"};

/// A file of the publication's theme; nothing: it has none of that name.
std::optional<TemplateFile> read_override(const fs::path& file, const std::string& shown,
                                          Faults& faults) {
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  auto text = read_file(file, largest_file);
  if (text && is_utf8(*text)) return TemplateFile{shown, std::move(*text)};
  faults.push_back({shown, 0, "", text ? "is not UTF-8" : text.error().message});
  return {};
}

void read_words(const std::string& text, const std::string& file, Words& words, Faults& faults) {
  try {
    const auto root = YAML::Load(text);
    if (root.IsNull()) return;
    for (const auto& entry : root)
      words[entry.first.as<std::string>()] = entry.second.as<std::string>();
  } catch (const YAML::Exception& error) {
    faults.push_back(
        {file, error.mark.line + 1, "", "is no list of words; write one `key: \"text\"` a line"});
  }
}

/// "pt-BR": itself, then "pt".
std::vector<std::string> language_chain(std::string_view language) {
  std::vector<std::string> chain{std::string(language)};
  if (const auto dash = language.find('-'); dash != std::string_view::npos)
    chain.emplace_back(language.substr(0, dash));
  return chain;
}

bool is_language_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// Partials that the theme folder has beyond the built-in files.
void read_own_files(const fs::path& folder, const std::string& shown, Theme& theme,
                    Faults& faults) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (!name.ends_with(".mustache") && name != "elements.css") continue;
    if (auto file = read_override(entry->path(), shown + "/" + name, faults))
      theme.files[name] = std::move(*file);
  }
}

}  // namespace

const std::vector<std::string>& built_in_languages() {
  static const std::vector<std::string> languages{"en", "de", "fr", "es", "ru", "zh", "ar"};
  return languages;
}

tl::expected<Words, Faults> load_words(std::string_view language, const fs::path& overrides) {
  Words words;
  Faults faults;
  read_words(std::string(built_in_file("languages/en.yaml")), "languages/en.yaml", words, faults);
  auto chain = language_chain(language);
  std::reverse(chain.begin(), chain.end());
  for (const auto& name : chain) {
    if (!is_language_name(name)) continue;
    const auto file = "languages/" + name + ".yaml";
    read_words(std::string(built_in_file(file)), file, words, faults);
    if (overrides.empty()) continue;
    if (const auto own = read_override(overrides / file, "theme/" + file, faults))
      read_words(own->text, own->file, words, faults);
  }
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  return words;
}

tl::expected<Theme, Faults> load_theme(std::string_view name, const fs::path& theme_folder,
                                       std::string_view language) {
  Theme theme;
  Faults faults;
  theme.language = language;
  for (const auto file : theme_files)
    theme.files[std::string(file)] = {"(built in) " + std::string(file),
                                      std::string(built_in_file("default/" + std::string(file)))};
  if (!theme_folder.empty()) {
    read_own_files(theme_folder, "theme", theme, faults);
    if (name != "default") {
      const auto folder = theme_folder / name;
      if (!fs::is_directory(folder))
        faults.push_back(
            {folder.string(), 0, "theme",
             "there is no theme '" + std::string(name) + "'; make this folder or take theme: out"});
      read_own_files(folder, "theme/" + std::string(name), theme, faults);
    }
  }
  auto words = load_words(language, theme_folder);
  if (!words) faults.insert(faults.end(), words.error().begin(), words.error().end());
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  theme.words = std::move(*words);
  return theme;
}

}  // namespace postrider::templates
