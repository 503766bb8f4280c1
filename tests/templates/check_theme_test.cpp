#include "templates/check_theme.h"

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "support/text.h"

namespace postrider::templates {

using test::has;

namespace {

const PublicationText short_publication{"News", "https://n.example", "PO Box 1", "en"};

/// All faults of a theme with that one file, a line each.
std::string faults_with(const std::string& name, const std::string& text) {
  test::TemporaryFolder folder;
  folder.write(name, text);
  const auto theme = load_theme("default", folder.path(), "en");
  std::string lines;
  for (const auto& fault : theme ? check_theme(*theme, short_publication) : theme.error())
    lines += to_string(fault) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("the built-in theme has no faults, in any language") {
  for (const auto& language : built_in_languages())
    CHECK(check_theme(load_theme("default", {}, language).value(), short_publication).empty());
}

TEST_CASE("a broken page is told, and a tag on it that names nothing known") {
  CHECK(
      has(faults_with("unsubscribed.html.mustache", "\n{{words.unsubscribed_titel}}"),
          "theme/unsubscribed.html.mustache:2: the tag {{words.unsubscribed_titel}} names nothing "
          "known; did you mean {{words.unsubscribed_title}}?"));
  CHECK(has(faults_with("try_later.html.mustache", "{{#list.name}}"),
            "theme/try_later.html.mustache:1: the section"));
  CHECK(has(faults_with("page.html.mustache", "{{content}}"), "write {{{content}}}"));
  CHECK(has(faults_with("page.html.mustache", "<main></main>"), "has no {{{content}}}"));
  CHECK(has(faults_with("not_found.html.mustache", "{{subscriber.email}}"), "nothing known"));
  CHECK(has(faults_with("not_found.html.mustache", "{{>gone}}"), "would be gone.mustache"));
  CHECK(has(faults_with("unsubscribe.html.mustache", "<p>{{list.name}}</p>"),
            "theme/unsubscribe.html.mustache:1: has no form"));
  const std::string form = "<form method=\"post\"><button>Save</button></form>";
  const std::string field = "<input type=\"hidden\" name=\"shown\" value=\"{{shown}}\">";
  CHECK(has(faults_with("preferences.html.mustache", form), "has no field shown"));
  CHECK_FALSE(has(faults_with("preferences.html.mustache", form + field), "has no field"));
}

TEST_CASE("a value on a page stands where it can be escaped, or it is told") {
  CHECK(has(faults_with("unsubscribed.html.mustache", "<p id={{list.name}}>x</p>"),
            "theme/unsubscribed.html.mustache:1: {{list.name}} stands in an attribute without"));
}

TEST_CASE("a word that names what its page does not know is told") {
  CHECK(has(faults_with("languages/en.yaml", "not_found_text: \"{{list.name}}\"\n"),
            "not_found_text: names {{list.name}}, which the page not_found.html.mustache"));
}

TEST_CASE("a broken mail is told with all its faults, and so is a partial that nothing includes") {
  const auto faults = faults_with("issue.html.mustache", "{{issue.titel}}\n{{wrods.x}}\n{{>gone}}");
  CHECK(has(faults, "theme/issue.html.mustache:1: "));
  CHECK(has(faults, "theme/issue.html.mustache:2: "));
  CHECK(has(faults, "theme/issue.html.mustache:3: "));
  CHECK(has(faults_with("lonely.mustache", "\n{{#x}}"), "theme/lonely.mustache:2: the section"));
  CHECK(
      has(faults_with("issue.text.mustache", "{{unsubscribe_url}} {{publication.postal_address}}"),
          "theme/issue.text.mustache:1: the text part has no body; write {{{body}}}"));
  CHECK(has(faults_with("elements.css", "p { color red }"), "theme/elements.css:1: p: "));
}

TEST_CASE("a word that nothing knows is told, unless a template names it") {
  CHECK(faults_with("languages/en.yaml", "\nunsubcribe: \"Leave\"\n") ==
        "theme/languages/en.yaml:2: unsubcribe: is no word of the theme, and no template names it; "
        "did you mean unsubscribe?\n");
  CHECK(has(faults_with("languages/en.yaml", "contents: \"a\"\ncontents: \"b\"\n"),
            "theme/languages/en.yaml:2: contents: stands twice"));
  test::TemporaryFolder folder;
  folder.write("languages/en.yaml", "motto: \"Ever on\"\n");
  folder.write("motto.mustache", "{{words.motto}}");
  CHECK(load_theme("default", folder.path(), "en").has_value());
}

TEST_CASE("the theme folder's themes and languages are found, and what is no language is told") {
  test::TemporaryFolder folder;
  folder.write("languages/pt_BR.yaml", "contents: \"x\"\n");
  folder.write("languages/de.yaml", "contents: \"x\"\n");
  folder.write("winter/languages/fr.yaml", "contents: \"x\"\n");
  const auto found = look_into_themes(folder.path());
  CHECK(found.names == std::vector<std::string>{"default", "winter"});
  CHECK(found.languages == std::set<std::string>{"de", "fr"});
  REQUIRE(found.faults.size() == 1);
  CHECK(found.faults[0].file == "theme/languages/pt_BR.yaml");
  CHECK(look_into_themes(folder.path() / "gone").names.size() == 1);
}

}  // namespace postrider::templates
