#include "templates/theme.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <set>

#include "support/temporary_folder.h"
#include "templates/mustache.h"

namespace postrider {
std::string_view built_in_file(std::string_view name);
}

namespace postrider::templates {

namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

Words words_of(std::string_view language, const fs::path& folder = {}) {
  const auto words = load_words(language, folder);
  REQUIRE(words.has_value());
  return *words;
}

std::set<std::string> keys_of(std::string_view yaml) {
  std::set<std::string> keys;
  for (std::size_t at = 0; at < yaml.size();) {
    const auto end = std::min(yaml.find('\n', at), yaml.size());
    const auto line = yaml.substr(at, end - at);
    if (!line.starts_with('#') && !line.empty()) keys.emplace(line.substr(0, line.find(':')));
    at = end + 1;
  }
  return keys;
}

std::multiset<std::string> tags_of(const std::string& text) {
  const auto tags = scan_tags(text, "");
  REQUIRE(tags.has_value());
  std::multiset<std::string> names;
  for (const auto& tag : *tags) names.insert(tag.name);
  return names;
}

}  // namespace

TEST_CASE("every language has every word, and no other") {
  const auto wanted = keys_of(built_in_file("languages/en.yaml"));
  REQUIRE(wanted.size() > 10);
  for (const auto& language : built_in_languages()) {
    CAPTURE(language);
    CHECK(keys_of(built_in_file("languages/" + language + ".yaml")) == wanted);
  }
}

TEST_CASE("every translation names what the English word names, and is translated") {
  const auto english = words_of("en");
  for (const auto& language : built_in_languages()) {
    if (language == "en") continue;
    for (const auto& [key, text] : words_of(language)) {
      CAPTURE(language);
      CAPTURE(key);
      CHECK_FALSE(text.empty());
      CHECK(tags_of(text) == tags_of(english.at(key)));
      // The order of day, month and year may be the same elsewhere.
      if (key != "date") CHECK(text != english.at(key));
    }
  }
}

TEST_CASE("each language has twelve months") {
  for (const auto& language : built_in_languages()) {
    CAPTURE(language);
    const auto months = words_of(language).at("months");
    CHECK(std::count(months.begin(), months.end(), ',') == 11);
  }
}

TEST_CASE("a region falls back to its language, an unknown language to English") {
  CHECK(words_of("de-AT") == words_of("de"));
  CHECK(words_of("pt-BR") == words_of("en"));
  CHECK(words_of("../../etc/passwd") == words_of("en"));
  CHECK(words_of("") == words_of("en"));
}

TEST_CASE("the theme folder's words replace the built-in ones one by one") {
  TemporaryFolder folder;
  folder.write("languages/pt.yaml", "unsubscribe: \"Sair\"\ncontents: \"Sumário\"\n");
  folder.write("languages/pt-BR.yaml", "contents: \"Nesta edição\"\n");
  const auto words = words_of("pt-BR", folder.path());
  CHECK(words.at("unsubscribe") == "Sair");
  CHECK(words.at("contents") == "Nesta edição");
  CHECK(words.at("unsubscribe_button") == "Unsubscribe");
  CHECK(words_of("pt", folder.path()).at("contents") == "Sumário");
}

TEST_CASE("words that are no words are faults with file and line") {
  TemporaryFolder folder;
  for (const auto& [text, line] : {std::pair<std::string, int>{"- a\n- b\n", 1},
                                   {"contents: \"x\"\nunsubscribe: [a, b]\n", 2},
                                   {"contents: x: y\n", 1},
                                   {"a: \"x\"\n\nb: \"{{publicaton.name}}\"\n", 3},
                                   {"a: \"{{#list.name}}x{{/list.name}}\"\n", 1},
                                   {"a: \"{{publication.name\"\n", 1},
                                   {"just a sentence\n", 1}}) {
    CAPTURE(text);
    folder.write("languages/de.yaml", text);
    const auto words = load_words("de", folder.path());
    REQUIRE_FALSE(words.has_value());
    CHECK(words.error().front().file == "theme/languages/de.yaml");
    CHECK(words.error().front().line == line);
  }
}

TEST_CASE("an empty file of words changes nothing") {
  TemporaryFolder folder;
  folder.write("languages/de.yaml", "");
  CHECK(words_of("de", folder.path()) == words_of("de"));
}

TEST_CASE("the built-in theme needs no folder") {
  TemporaryFolder folder;
  const auto bare = load_theme("default", {}, "en");
  REQUIRE(bare.has_value());
  CHECK(bare->files.at("issue.html.mustache").file == "(built in) issue.html.mustache");
  CHECK(bare->files.at("issue.html.mustache").text == built_in_file("default/issue.html.mustache"));
  CHECK(load_theme("default", folder.path() / "missing", "en").has_value());
}

TEST_CASE("files of the theme folder replace built-in ones, and others come along as partials") {
  TemporaryFolder folder;
  folder.write("elements.css", "p { margin: 0 }");
  folder.write("banner.mustache", "<p>banner</p>");
  folder.write("notes.txt", "no template");
  const auto theme = load_theme("default", folder.path(), "en");
  REQUIRE(theme.has_value());
  CHECK(theme->files.at("elements.css").text == "p { margin: 0 }");
  CHECK(theme->files.at("elements.css").file == "theme/elements.css");
  CHECK(theme->files.at("banner.mustache").text == "<p>banner</p>");
  CHECK_FALSE(theme->files.contains("notes.txt"));
}

TEST_CASE("a named theme takes its own folder first, for templates and for words") {
  TemporaryFolder folder;
  folder.write("elements.css", "p { margin: 0 }");
  folder.write("a.mustache", "outer");
  folder.write("winter/a.mustache", "inner");
  folder.write("winter/languages/en.yaml", "contents: \"Winter\"");
  const auto theme = load_theme("winter", folder.path(), "en");
  REQUIRE(theme.has_value());
  CHECK(theme->files.at("a.mustache").text == "inner");
  CHECK(theme->files.at("a.mustache").file == "theme/winter/a.mustache");
  CHECK(theme->files.at("elements.css").text == "p { margin: 0 }");
  CHECK(theme->words.at("contents") == "Winter");
}

TEST_CASE("a theme that is not there is a fault, and so is a name that leads elsewhere") {
  TemporaryFolder folder;
  fs::create_directories(folder.path() / "theme");
  folder.write("outside/a.mustache", "x");
  for (const auto* name : {"missing", "../outside", "", ".", "a/b", "/etc"}) {
    CAPTURE(name);
    const auto theme = load_theme(name, folder.path() / "theme", "en");
    REQUIRE_FALSE(theme.has_value());
    CHECK(theme.error().front().where == "theme");
  }
  CHECK_FALSE(load_theme("winter", {}, "en").has_value());
}

TEST_CASE("a template that is no text is a fault") {
  TemporaryFolder folder;
  folder.write("issue.html.mustache", "\xFF\xFE");
  const auto theme = load_theme("default", folder.path(), "en");
  REQUIRE_FALSE(theme.has_value());
  CHECK(to_string(theme.error().front()) == "theme/issue.html.mustache: is not UTF-8");
}

}  // namespace postrider::templates
