#include "templates/check.h"

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::templates;
using test::has;

namespace {

struct Checked {
  std::string body = "Hello.\n";
  std::string front;
  std::string file = "drafts/a.md";
  std::vector<Image> images;
  Known known{{"country", "first-seen"},
              {"report", "digest"},
              {"News", "https://n.example", "PO Box 1", "en"}};

  /// All faults, a line each. The body begins on line 4, or later by the front matter's lines.
  std::string faults() const {
    auto draft = parse_draft("---\ntitle: A\n" + front + "---\n" + body, file);
    if (!draft) return to_string(draft.error().front());
    draft->images = images;
    const auto theme = load_theme("default", {}, "en");
    REQUIRE(theme);
    const auto issue =
        render_issue(*draft, *theme, {"News", "https://n.example", "PO Box 1", "en"});
    if (!issue) return to_string(issue.error().front());
    std::string lines;
    for (const auto& fault : check_issue(*draft, *theme, *issue, known))
      lines += to_string(fault) + "\n";
    return lines;
  }
};

std::string faults_of(const std::string& body) {
  Checked checked;
  checked.body = body;
  return checked.faults();
}

std::string faults_of_html(const std::string& body) {
  Checked checked;
  checked.body = body;
  checked.file = "drafts/a.html";
  return checked.faults();
}

}  // namespace

TEST_CASE("a plain draft has no faults") {
  CHECK(faults_of("Hello {{subscriber.first_name}}, {{subscriber.attributes.country}}.\n\n"
                  "[site](https://a.example/) [mail](mailto:a@b.example) "
                  "[leave]({{unsubscribe_url}})\n") == "");
}

TEST_CASE("an unknown tag is an error with its line and the nearest name") {
  CHECK(has(faults_of("one\n\n{{subscriber.nmae}}\n"),
            "drafts/a.md:6: the tag {{subscriber.nmae}} names nothing known; did you mean "
            "{{subscriber.name}}?"));
  CHECK(has(faults_of("{{subscriber.attributes.shoe_size}}\n"),
            "no subscriber has an attribute of that name"));
  Checked checked;
  checked.known.attributes = {"address.city"};
  checked.body = "{{subscriber.attributes.address.city}}\n";
  CHECK(checked.faults() == "");
  CHECK(has(faults_of("{{archive_url}}\n"), "its page is not built yet"));
  CHECK(has(faults_of("{{.}}\n"), "names nothing known"));
  const std::string country = "subscriber.attributes.country";
  CHECK_FALSE(has(faults_of("{{#" + country + "}}{{.}}{{/" + country + "}}\n"), "names nothing"));
}

TEST_CASE("sections that do not close are told where they open") {
  CHECK(has(faults_of("a\n{{#subscriber.name}}\nb\n"),
            "drafts/a.md:5: the section {{#subscriber.name}} is never closed"));
  CHECK(has(faults_of("{{/subscriber.name}}\n"), "closes no section"));
  CHECK(has(faults_of("{{subscriber.name\n"), "a tag is never closed"));
  CHECK(has(faults_of("{{=<% %>=}}\n"), "delimiters are not supported"));
  CHECK(has(faults_of("{{>footer}}\n"), "partials belong to the theme"));
}

TEST_CASE("scripts, forms and frames are errors with their line, in Markdown and in HTML") {
  for (const char* html : {"<script>x()</script>", "<b onclick='x()'>b</b>",
                           "<IMG OnError=x src=https://a.example/ alt=a>",
                           "<iframe src=\"https://a.example/\"></iframe>", "<form><b>x</b></form>",
                           "<map name=\"m\"><area href=\"javascript:x()\" alt=\"a\"></map>"}) {
    CAPTURE(html);
    for (const char* before : {"fine\n\n", "fine\nfine "}) {
      CAPTURE(before);
      const auto text = std::string(before) + html + "\n";
      const auto line = before == std::string("fine\n\n") ? "drafts/a.md:6: " : "drafts/a.md:5: ";
      const auto faults = faults_of(text);
      CHECK(has(faults, line));
      CHECK_FALSE(has(faults, "warning"));
    }
    CHECK(has(faults_of_html(std::string("<p>fine</p>\n") + html), "drafts/a.html:5: "));
  }
  CHECK(faults_of("`<script>` and one\n\n    <form>\n") == "");
  CHECK(has(faults_of("<video src=\"https://a.example/\"></video>\n"), "warning: <video> is left"));
}

TEST_CASE("links need an address that works in a mail") {
  CHECK(has(faults_of("[a](/about)\n"), "drafts/a.md:4: the link '/about' is no address"));
  CHECK(has(faults_of("[a](javascript:alert(1))\n"), "is no address that works in a mail"));
  CHECK(has(faults_of("[a](https:///x)\n"), "has no host"));
  CHECK(has(faults_of("[a](https://{{subscriber.name}}/x)\n"), "has no host"));
  CHECK(has(faults_of("[a]()\n"), "a link has no address"));
  CHECK(has(faults_of("[](https://a.example/)\n"), "has no words"));
  CHECK(has(faults_of("[a](#nowhere)\n"), "leads to no heading"));
  CHECK(faults_of("[a](#there)\n\n## There\n") == "");
  CHECK(faults_of("[a](https://a.example/?e={{subscriber.email}})\n") == "");
}

TEST_CASE("tags that are the same for all are filled in before an address is judged") {
  CHECK(faults_of("[about us]({{publication.base_url}}/about) "
                  "![logo]({{publication.base_url}}/logo.png) "
                  "[x](https://a.example/{{issue.slug}})\n") == "");
  CHECK(has(faults_of("[x]({{issue.title}})\n"), "is no address that works in a mail"));
}

TEST_CASE("a link may lead to any place that has a name") {
  CHECK(faults_of(
            "[x](#x) [y](#y) [z](#z)\n\n<a name=\"x\"></a> <b id='y'>b</b> <i ID=z>i</i>\n") == "");
  CHECK(has(faults_of("[x](#x)\n\n<b name=\"x\">b</b>\n"), "leads to no heading"));
}

TEST_CASE("a port or a user is no host, in links and in images") {
  CHECK(has(faults_of("[a](https://:80/)\n"), "has no host"));
  CHECK(has(faults_of("[a](https://me@/)\n"), "has no host"));
  CHECK(has(faults_of("![x](https://)\n"), "has no host"));
  CHECK(faults_of("[a](https://[::1]:80/) [b](HTTPS://me@a.example:80) ![x](HTTP://a.example)\n") ==
        "");
}

TEST_CASE("links and headings without number are judged in time") {
  std::string links;
  for (int i = 0; i < 60'000; ++i) links += i % 2 == 0 ? "[a](#b)\n" : "[](https://a.b)\n";
  CHECK(has(faults_of(links), "leads to no heading"));
}

TEST_CASE("an image without alternative text is a warning, a missing one an error") {
  const auto faults = faults_of("![](https://a.example/x.png)\n\n![chart](chart.png)\n");
  CHECK(has(faults, "drafts/a.md:4: warning: the image 'https://a.example/x.png' has no"));
  CHECK(has(faults, "drafts/a.md:6: the image 'chart.png' is not there"));
  Checked checked;
  checked.body = "![chart](chart.png)\n";
  checked.images = {{"chart.png", "image/png", "x"}};
  CHECK(checked.faults() == "");
}

TEST_CASE("TK and TODO are found as whole capital words, not inside others") {
  CHECK(has(faults_of("fine\n\nnumbers TK here\n"), "drafts/a.md:6: TK is left in the text"));
  CHECK(has(faults_of("TODO: write\n"), "TODO is left in the text"));
  CHECK(faults_of("todo, TKO, MATKA, https://a.example/TODO `TODO`\n\n```\nTODO\n```\n") == "");
}

TEST_CASE("TK and TODO are found beside foreign punctuation, Chinese and hyphens") {
  for (const char* text : {"“TODO”", "TK—", "TODO…", "TK-year-old", "汉字TODO汉字", "one ` TODO",
                           "…TK", "$TK/barrel", "(TK)", "{{subscriber.name}}TODO"}) {
    CAPTURE(text);
    CHECK(has(faults_of(std::string("fine\n\n") + text + "\n"), "drafts/a.md:6: T"));
  }
}

TEST_CASE("TK and TODO in code, comments and names of files are nobody's forgotten words") {
  CHECK(
      faults_of("~~~\nTODO\n~~~\n\n    TODO\n\n<!-- TODO -->\n\n``a ` TODO``\n\nTODO.md docs/TODO "
                "MY_TODO ÄTK {{subscriber.attributes.country}}\n") == "");
}

TEST_CASE("TK in title and subtitle is told with their lines") {
  Checked checked;
  checked.front = "description: A “TK”\nlists: [report]\n";
  CHECK(checked.faults() == "drafts/a.md:3: subtitle: TK is left in the text\n");
}

TEST_CASE("a list that the settings do not know is an error") {
  Checked checked;
  checked.front = "toc: true\nlists: [reprot]\n";
  CHECK(
      has(checked.faults(),
          "drafts/a.md:4: lists: there is no list 'reprot' in the settings; did you mean report?"));
}

TEST_CASE("an HTML part that Gmail would clip is a warning with each section's size") {
  std::string body;
  for (int section = 0; section < 2; ++section) {
    body += "## Part " + std::to_string(section) + "\n\n";
    for (int i = 0; i < 1200; ++i) body += "some words that make the page long and longer\n";
    body += "\n";
  }
  const auto faults = faults_of(body);
  CHECK(has(faults, "warning: the HTML part is "));
  CHECK(has(faults, "Part 1: 5"));
}

TEST_CASE("the sizes of sections bear their headings' words, and the part before them counts") {
  std::string words;
  for (int i = 0; i < 1200; ++i) words += "some words that make the page long and longer\n";
  const auto faults = faults_of(words + "\n## [A link](https://a.example/) first\n\n" + words +
                                "\n## `code`\n\n" + words);
  CHECK(has(faults, "drafts/a.md:1: warning: the HTML part is "));
  CHECK(has(faults, "; before the first heading: 5"));
  CHECK(has(faults, "; A link first: 5"));
  CHECK(has(faults, "; code: 5"));
}

TEST_CASE("a theme that drops the unsubscribe link or the postal address stops the issue") {
  const test::TemporaryFolder folder;
  folder.write("issue.html.mustache", "<html>{{{body}}}</html>");
  const auto theme = load_theme("default", folder.path(), "en");
  REQUIRE(theme);
  const auto draft = parse_draft("---\ntitle: A\n---\nHello.\n", "drafts/a.md");
  const auto issue = render_issue(*draft, *theme, {"News", "https://n.example", "PO Box 1", "en"});
  REQUIRE(issue);
  const auto faults = check_issue(*draft, *theme, *issue, {});
  REQUIRE(faults.size() == 2);
  CHECK(has(to_string(faults[0]), "theme/issue.html.mustache:1: the HTML part has no unsubscribe"));
  CHECK(has(to_string(faults[1]), "has no postal address"));
}

TEST_CASE("a footer in comments is none") {
  const test::TemporaryFolder folder;
  folder.write(
      "issue.html.mustache",
      "<html>\n{{{body}}}\n<!-- <a href=\"{{unsubscribe_url}}\">x</a> "
      "{{publication.postal_address}} --> {{unsubscribe_url}} {{! publication.postal_address }}"
      "<b title=\"{{publication.postal_address}}\">x</b></html>");
  folder.write("issue.text.mustache",
               "{{{body}}}{{! unsubscribe_url}} {{!publication.postal_address}}\n");
  const auto theme = load_theme("default", folder.path(), "en");
  REQUIRE(theme);
  const auto draft = parse_draft("---\ntitle: A\n---\nHello.\n", "drafts/a.md");
  const auto issue = render_issue(*draft, *theme, {"News", "https://n.example", "PO Box 1", "en"});
  REQUIRE(issue);
  const auto faults = check_issue(*draft, *theme, *issue, {});
  REQUIRE(faults.size() == 4);
  CHECK(has(to_string(faults[0]), "theme/issue.text.mustache:1: the text part has no unsubscribe"));
  CHECK(has(to_string(faults[1]), "theme/issue.text.mustache:1: the text part has no postal"));
  CHECK(has(to_string(faults[2]), "theme/issue.html.mustache:2: the HTML part has no unsubscribe"));
  CHECK(has(to_string(faults[3]), "theme/issue.html.mustache:2: the HTML part has no postal"));
}

TEST_CASE("a footer may stand in a partial of the theme") {
  const test::TemporaryFolder folder;
  folder.write("issue.html.mustache", "<html>{{{body}}}{{> footer}}</html>");
  folder.write("footer.mustache",
               "{{publication.postal_address}} <a href=\"{{unsubscribe_url}}\">leave</a>");
  const auto theme = load_theme("default", folder.path(), "en");
  REQUIRE(theme);
  const auto draft = parse_draft("---\ntitle: A\n---\nHello.\n", "drafts/a.md");
  const auto issue = render_issue(*draft, *theme, {"News", "https://n.example", "PO Box 1", "en"});
  REQUIRE(issue);
  CHECK(check_issue(*draft, *theme, *issue, {}).empty());
}

TEST_CASE("more sections than are rendered once for all are a warning with its reason") {
  const auto sections = [](int number) {
    std::string body;
    std::set<std::string> attributes;
    for (int i = 0; i < number; ++i) {
      const auto name = std::string("a") + std::to_string(i);
      attributes.insert(name);
      body += "{{#subscriber.attributes." + name + "}}x{{/subscriber.attributes." + name + "}} ";
    }
    Checked checked;
    checked.known.attributes = attributes;
    // Each has an address and a link: these make no difference between readers.
    checked.body = "{{#subscriber.email}}y{{/subscriber.email}} " + body + body + "\n";
    return checked.faults();
  };
  CHECK(sections(6) == "");
  const auto told = sections(7);
  CHECK(has(told, "drafts/a.md:4: "));
  CHECK(has(told, "7 sections depend on the reader, and 6 are rendered once for all"));
}

TEST_CASE("a section that may repeat a reader's own list is a warning where it stands") {
  CHECK(faults_of("Hello.\n\n{{#subscriber.attributes.country}}yours{{/subscriber.attributes."
                  "country}}\n\n{{#subscriber.name}}{{.}}{{/subscriber.name}}\n") == "");
  const auto told = faults_of(
      "Hello.\n\n{{#subscriber.attributes.country}}{{.}}{{/subscriber.attributes."
      "country}}\n");
  CHECK(has(told, "drafts/a.md:6: "));
  CHECK(has(told, "where that is a reader's own list"));
}
