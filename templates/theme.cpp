#include "templates/theme.h"

#include <algorithm>
#include <optional>
#include <set>
#include <yaml-cpp/yaml.h>

#include "base/files.h"
#include "base/text.h"
#include "templates/mustache.h"
#include "templates/page_kinds.h"

namespace postrider {
std::string_view built_in_file(std::string_view name);
}

namespace postrider::templates {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_file = 256 * 1024;

std::vector<std::string> theme_files() {
  std::vector<std::string> files{"issue.html.mustache",  "issue.text.mustache",
                                 "elements.css",         "notice.html.mustache",
                                 "notice.text.mustache", std::string(page_frame)};
  for (const auto& kind : page_kinds()) files.push_back(page_file(kind.name));
  return files;
}

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

/// What may stand in a word: any other tag would print nothing.
bool is_word_tag(const Tag& tag, std::string_view key) {
  if (tag.kind != TagKind::variable) return false;
  if (key == "date") return tag.name == "day" || tag.name == "month" || tag.name == "year";
  if (key == "correction") return tag.name == "title";
  return tag.name == "publication.name" ||
         std::ranges::any_of(page_kinds(), [&](const PageKind& page) {
           return std::ranges::find(page.values, tag.name) != page.values.end();
         });
}

/// The text with its tags in canonical form.
std::string checked_word(const std::string& key, const std::string& text, const std::string& file,
                         int line, Faults& faults) {
  const auto tags = scan_tags(text, file, line);
  if (!tags) {
    faults.insert(faults.end(), tags.error().begin(), tags.error().end());
    return {};
  }
  for (const auto& tag : *tags)
    if (!is_word_tag(tag, key))
      faults.push_back(
          {file, line, key,
           "may not name " + canonical(tag) +
               "; words know {{publication.name}} and, on a page or in mail_…, its values"});
  const auto lifted = lift(text, *tags, [](const Tag&) { return true; });
  return lifted.put_back(lifted.text);
}

/// Where an override of a word stands.
struct WordPlace {
  std::string key;
  std::string file;
  int line = 0;
};

/// `places`: of the words that were read.
void read_words(const std::string& text, const std::string& file, Words& words,
                std::vector<WordPlace>& places, Faults& faults) {
  int line = 0;
  std::set<std::string> seen;
  try {
    const auto root = YAML::Load(text);
    if (root.IsNull()) return;
    if (!root.IsMap()) throw YAML::RepresentationException(root.Mark(), "no map");
    for (const auto& entry : root) {
      line = entry.first.Mark().line + 1;
      const auto key = entry.first.as<std::string>();
      words[key] = checked_word(key, entry.second.as<std::string>(), file, line, faults);
      places.push_back({key, file, line});
      if (!seen.insert(key).second) faults.push_back({file, line, key, "stands twice; keep one"});
    }
  } catch (const YAML::Exception& error) {
    faults.push_back({file, error.mark.is_null() ? line : error.mark.line + 1, "",
                      "is no list of words; write one `key: \"text\"` a line"});
  }
}

bool is_language_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// "pt-BR": "en", "pt", "pt-BR".
std::vector<std::string> language_chain(std::string_view language) {
  std::vector<std::string> chain{"en"};
  const auto dash = language.find('-');
  for (const auto name : {language.substr(0, dash), language})
    if (is_language_name(name) && std::find(chain.begin(), chain.end(), name) == chain.end())
      chain.emplace_back(name);
  return chain;
}

/// A folder of overrides, and what it is called in faults: "theme", "theme/dark".
struct Folder {
  fs::path path;
  std::string shown;
};

/// The templates and element styles that the folder has, its own partials among them.
void read_own_files(const Folder& folder, Theme& theme, Faults& faults) {
  std::error_code error;
  for (fs::directory_iterator entry(folder.path, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (!name.ends_with(".mustache") && name != "elements.css") continue;
    if (auto file = read_override(entry->path(), folder.shown + "/" + name, faults))
      theme.files[name] = std::move(*file);
  }
}

/// English, then the language without its region, then with it: each built in, then by the folders.
Words words_of(std::string_view language, const std::vector<Folder>& folders,
               std::vector<WordPlace>& places, Faults& faults) {
  Words words;
  std::vector<WordPlace> built_in;
  for (const auto& name : language_chain(language)) {
    const auto file = "languages/" + name + ".yaml";
    read_words(std::string(built_in_file(file)), file, words, built_in, faults);
    for (const auto& folder : folders)
      if (const auto own = read_override(folder.path / file, folder.shown + "/" + file, faults))
        read_words(own->text, own->file, words, places, faults);
  }
  return words;
}

/// The words that there are, and those that the theme's templates name.
std::vector<std::string> wanted_words(const Theme& theme) {
  Words english;
  std::vector<WordPlace> places;
  Faults none;
  read_words(std::string(built_in_file("languages/en.yaml")), "", english, places, none);
  std::vector<std::string> keys;
  for (const auto& place : places) keys.push_back(place.key);
  for (const auto& [name, file] : theme.files) {
    const auto tags = scan_tags(file.text, file.file);
    if (!tags) continue;
    for (const auto& tag : *tags)
      if (tag.name.starts_with("words.")) keys.push_back(tag.name.substr(6));
  }
  return keys;
}

/// A misspelt key would leave the built-in word in place, and nobody would know why.
void check_keys(const Theme& theme, const std::vector<WordPlace>& places, Faults& faults) {
  if (places.empty()) return;
  const auto wanted = wanted_words(theme);
  for (const auto& [key, file, line] : places) {
    if (std::find(wanted.begin(), wanted.end(), key) != wanted.end()) continue;
    const auto near = nearest(key, wanted);
    faults.push_back({file, line, printable(key),
                      "is no word of the theme, and no template names it" +
                          (near.empty() ? std::string() : "; did you mean " + near + "?")});
  }
}

bool is_theme_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

/// The folders to read, in order; the later one wins.
std::vector<Folder> folders_of(std::string_view name, const fs::path& theme_folder,
                               Faults& faults) {
  std::vector<Folder> folders;
  if (!theme_folder.empty()) folders.push_back({theme_folder, "theme"});
  if (name == "default") return folders;
  const Folder own{theme_folder / name, "theme/" + std::string(name)};
  std::error_code error;
  if (!is_theme_name(name))
    faults.push_back({"theme", 0, "theme",
                      "'" + printable(cut_utf8(name, 80)) +
                          "' is no name of a theme; names have letters, digits, - and _"});
  else if (theme_folder.empty() || !fs::is_directory(own.path, error))
    faults.push_back({own.shown, 0, "theme",
                      "there is no theme '" + std::string(name) + "'; make the folder " +
                          own.shown + " or take theme: out of the draft"});
  else
    folders.push_back(own);
  return folders;
}

}  // namespace

const std::vector<std::string>& built_in_languages() {
  static const std::vector<std::string> languages{"en", "de", "fr", "es", "ru", "zh", "ar"};
  return languages;
}

ThemeFolder look_into_themes(const fs::path& theme_folder) {
  ThemeFolder found{{"default"}, {}, {}};
  std::error_code error;
  for (fs::directory_iterator entry(theme_folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    std::error_code ignored;
    if (name != "languages" && is_theme_name(name) && entry->is_directory(ignored))
      found.names.push_back(name);
  }
  std::sort(found.names.begin() + 1, found.names.end());
  for (const auto& name : found.names) {
    const bool is_default = name == "default";
    const auto folder = (is_default ? theme_folder : theme_folder / name) / "languages";
    std::error_code none;
    for (fs::directory_iterator entry(folder, none), end; !none && entry != end;
         entry.increment(none)) {
      const auto file = entry->path().filename();
      const auto shown = (is_default ? "theme" : "theme/" + name) + "/languages/" + file.string();
      if (file.extension() == ".yaml" && is_language_name(file.stem().string()))
        found.languages.insert(file.stem().string());
      else if (!file.string().starts_with('.'))
        found.faults.push_back({shown, 0, "",
                                "is no language's file, and is not read; name it as de.yaml or "
                                "pt-BR.yaml"});
    }
  }
  return found;
}

tl::expected<Words, Faults> load_words(std::string_view language, const fs::path& overrides) {
  Faults faults;
  std::vector<WordPlace> places;
  auto words = words_of(language, folders_of("default", overrides, faults), places, faults);
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  return words;
}

tl::expected<Theme, Faults> load_theme(std::string_view name, const fs::path& theme_folder,
                                       std::string_view language) {
  Theme theme;
  Faults faults;
  theme.language = language;
  for (const auto& file : theme_files())
    theme.files[file] = {"(built in) " + file, std::string(built_in_file("default/" + file))};
  const auto folders = folders_of(name, theme_folder, faults);
  for (const auto& folder : folders) read_own_files(folder, theme, faults);
  std::vector<WordPlace> places;
  theme.words = words_of(language, folders, places, faults);
  check_keys(theme, places, faults);
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  return theme;
}

}  // namespace postrider::templates
