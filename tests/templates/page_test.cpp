#include "templates/page.h"

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::templates;
using test::has;

namespace {

/// A page made of that template alone, with a value `list.name` and a list `lists`.
std::string page_of(const std::string& text, const PageValues& values = {}) {
  const PageKind kind{"unsubscribed", {"list.name", "lists", "key"}};
  test::TemporaryFolder folder;
  folder.write("page.html.mustache", "{{{content}}}");
  auto theme = load_theme("default", folder.path(), "en").value();
  theme.files["unsubscribed.html.mustache"] = {"a.mustache", text};
  auto page = Page::make(theme, kind, "Tea & Cakes");
  REQUIRE(page);
  return page->html(values);
}

}  // namespace

TEST_CASE("values are escaped, in three braces too") {
  const PageValues values{{{"list.name", "<b>\"&'"}}};
  CHECK(page_of("{{list.name}}", values) == "&lt;b&gt;&quot;&amp;&#39;");
  CHECK(page_of("{{{list.name}}}", values) == "&lt;b&gt;&quot;&amp;&#39;");
  CHECK(page_of("{{&list.name}}", values) == "&lt;b&gt;&quot;&amp;&#39;");
}

TEST_CASE("what the publication is called is text already, and escaped") {
  CHECK(page_of("{{publication.name}}|{{language}}|{{direction}}") == "Tea &amp; Cakes|en|ltr");
}

TEST_CASE("control characters and broken UTF-8 do not come through, line ends do") {
  CHECK(page_of("{{list.name}}", {{{"list.name",
                                    "a\x01\xFF"
                                    "b\r\nc"}}}) == "a??b\nc");
}

TEST_CASE("words bring their values along") {
  CHECK(has(page_of("{{words.unsubscribed_text}}", {{{"list.name", "A<B"}}}), "of A&lt;B."));
}

TEST_CASE("a page is titled by its word") { CHECK(page_of("{{title}}") == "You are unsubscribed"); }

TEST_CASE("a section is entered where its text is not empty, its contrary where it is") {
  const std::string text = "{{#list.name}}yes{{/list.name}}{{^list.name}}no{{/list.name}}!";
  CHECK(page_of(text, {{{"list.name", "x"}}}) == "yes!");
  CHECK(page_of(text, {{{"list.name", ""}}}) == "no!");
  CHECK(page_of(text) == "no!");
}

TEST_CASE("a section on what every page has is always entered, its contrary never") {
  CHECK(page_of("{{#language}}a{{/language}}{{^words.contents}}b{{/words.contents}}c") == "ac");
}

TEST_CASE("a list repeats its section, and what an element lacks is looked for around it") {
  const PageValues values{{{"list.name", "outer"}},
                          {{"lists", {{{{"key", "a"}}}, {{{"key", "b"}, {"list.name", "own"}}}}}}};
  CHECK(page_of("{{#lists}}{{key}}={{list.name}};{{/lists}}", values) == "a=outer;b=own;");
  CHECK(page_of("{{^lists}}none{{/lists}}", {{}, {{"lists", {}}}}) == "none");
}

TEST_CASE("sections in each other end where they end") {
  const PageValues values{{}, {{"lists", {{{{"key", "a"}}}, {}}}}};
  CHECK(page_of("{{#lists}}[{{#key}}{{key}}{{/key}}{{^key}}-{{/key}}]{{/lists}}.", values) ==
        "[a][-].");
}
