#include "templates/leftovers.h"

#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "support/source.h"

using namespace postrider;
using namespace postrider::templates;

namespace {

Draft parsed_draft(const std::string& text, const std::string& name = "weekly.md") {
  const auto draft = parse_draft(text, name);
  if (!draft) FAIL(to_string(draft.error()[0]));
  return *draft;
}

/// Of a draft with that body, which begins in line 4: "5: message; …".
std::string told(const std::string& body, const std::string& name = "weekly.md") {
  std::string all;
  for (const auto& fault : find_leftovers(parsed_draft("---\ntitle: Weekly\n---\n" + body, name))) {
    CHECK(fault.severity == Severity::warning);
    all += std::to_string(fault.line) + ": " + fault.message + "\n";
  }
  return all;
}

std::string read_text(const std::string& name) {
  std::ifstream file(test::source_folder() / name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("what was to be replaced is found with its line") {
  CHECK(told("One.\n\nlorem Ipsum dolor\n") == "6: 'Lorem ipsum' is left in the text\n");
  CHECK(told("See [INSERT LINK HERE] for more\n") ==
        "4: '[INSERT LINK HERE]' is left in the text\n");
  CHECK(told("Dear [YOUR NAME],\n") == "4: '[YOUR NAME]' is left in the text\n");
  CHECK(told("## [ADD TITLE]\n") == "4: '[ADD TITLE]' is left in the text\n");
  CHECK(told("[PLACEHOLDER]\n") == "4: '[PLACEHOLDER]' is left in the text\n");
  CHECK(told("It costs XXX euros.\n") == "4: 'XXX' is left in the text\n");
  CHECK(told("It costs $XXX.\n") == "4: 'XXX' is left in the text\n");
  CHECK(told("Quote by Mrs XXXX\n") == "4: 'XXXX' is left in the text\n");
  CHECK(told("Dear *|FNAME|*,\n") == "4: '*|FNAME|*' is left in the text\n");
  CHECK(told("Dear *|FNAME|*,\n", "weekly.txt") == "4: '*|FNAME|*' is left in the text\n");
  CHECK(told("<p>Lorem ipsum</p>\n", "weekly.html") == "4: 'Lorem ipsum' is left in the text\n");
}

TEST_CASE("links that lead nowhere are found") {
  for (const auto* address :
       {"https://example.com/more", "http://www.Example.org", "https://example.net:8080",
        "http://localhost:4000/draft", "http://127.0.0.1/", "https://me@example.com?x"}) {
    CAPTURE(address);
    CHECK(told("[more](" + std::string(address) + ")\n") ==
          "4: the link '" + std::string(address) + "' leads to no reader's page\n");
  }
  CHECK(told("![a](https://example.com/a.png)\n") ==
        "4: the image 'https://example.com/a.png' leads to no reader's page\n");
}

TEST_CASE("title and subtitle are looked at, too") {
  const auto faults =
      find_leftovers(parsed_draft("---\ntitle: Lorem ipsum\nsubtitle: \"[INSERT IT]\"\n---\nx\n"));
  REQUIRE(faults.size() == 2);
  CHECK(to_string(faults[0]) == "weekly.md:2: title: warning: 'Lorem ipsum' is left in the text");
  CHECK(faults[1].line == 3);
}

TEST_CASE("what only looks like it is none of it") {
  for (const auto* body : {"Super Bowl XXX was in 1996.",
                           "It was the XXX Corps.",
                           "Делегаты на XXX съезде",
                           "Chapter XXX",
                           "Louis XX and MXXX",
                           "XX",
                           "xxx",
                           "AXXX",
                           "He said [insert expletive] and left",
                           "[Comment: the Times plays it down]",
                           "[ADD] is a diagnosis",
                           "The author writes of [sic] lorem and ipsum",
                           "`XXX` and `[INSERT X]`",
                           "    *|FNAME|*\n",
                           "*|* and |*",
                           "2 *| 3 |* 4",
                           "[a page](https://notexample.com/)",
                           "[b](https://quarterly.example/essay)",
                           "[c](https://example.com.au/)",
                           "[d](mailto:joe@example.com)",
                           "Write to joe@example.com.",
                           "[e]({{publication.base_url}}/about)",
                           "[f](https://a.example/?next=https://example.com)",
                           "{{#subscriber.name}}Dear {{subscriber.name}}{{/subscriber.name}}"}) {
    CAPTURE(body);
    CHECK(told(std::string(body) + "\n") == "");
  }
}

TEST_CASE("real issues have nothing of it") {
  for (const auto* name : {"docs/sample-issue.md", "daemon/sample/welcome.md"}) {
    CAPTURE(name);
    CHECK(find_leftovers(parsed_draft(read_text(name))).empty());
  }
}
