#include "config/language.h"

#include <doctest/doctest.h>
#include <set>

#include "config/sample_newsletter.h"
#include "support/source.h"

using namespace postrider;
using namespace postrider::test;

TEST_CASE("language tags come out in their usual case") {
  const std::pair<std::string_view, std::string_view> tags[] = {
      {"de", "de"},
      {"DE", "de"},
      {"pt-br", "pt-BR"},
      {"DE-at", "de-AT"},
      {"zh-hant-tw", "zh-Hant-TW"},
      {"es-419", "es-419"},
      {"SL-rozaj-biske", "sl-rozaj-biske"},
      {"de-CH-1901", "de-CH-1901"},
      {"zh-YUE-hk", "zh-yue-HK"},
      {"en-US-u-CA-gregory", "en-US-u-ca-gregory"},
      {"de-X-Haus", "de-x-haus"},
      {"gsw", "gsw"},
  };
  for (const auto& [written, usual] : tags) CHECK(config::parse_language(written).value() == usual);
}

TEST_CASE("the languages of the theme are those that templates/languages has") {
  std::set<std::string> files, known;
  for (const auto& file :
       std::filesystem::directory_iterator(test::source_folder() / "templates/languages"))
    files.insert(file.path().stem());
  for (const auto name : config::theme_languages()) known.emplace(name);
  CHECK(known == files);
}

TEST_CASE("a language without words is a warning, a region is not") {
  const NewsletterFolder folder;
  const auto told = [&](std::string_view language) {
    const auto settings = config::load_settings(folder.write(
        "postrider.toml", with_line(6, "language = \"" + std::string(language) + "\"")));
    REQUIRE(settings);
    return listing(settings->warnings);
  };
  for (const auto spoken : {"en", "DE", "de-AT", "zh-Hant-TW", "ar", "pt-BR"})
    CHECK_MESSAGE((told(spoken) == "") == (std::string_view(spoken) != "pt-BR"), spoken);
  CHECK(
      told("PT-br").starts_with("f:6: publication.language: warning: the theme has no words in "
                                "\"pt-BR\", so its own are English; it speaks ar, de, en"));
  folder.write("theme/languages/pt.yaml", "unsubscribe: \"Sair\"\n");
  CHECK(told("pt-BR") == "");
  CHECK(told("nl").find("theme/languages/nl.yaml") != std::string::npos);
}
