#include "templates/issue.h"

#include <doctest/doctest.h>
#include <set>

#include "base/text.h"
#include "support/text.h"
#include "templates/issue_values.h"
#include "templates/mustache.h"

namespace postrider::templates {

using test::has;

namespace {

/// An issue and a theme to be changed by each test.
struct Desk {
  Draft draft;
  Theme theme;
  PublicationText publication{"Weekly & Co", "https://news.example", "Box 1, Example Town", "en"};

  explicit Desk(std::string body, const char* language = "en") {
    draft.file = "drafts/a.md";
    draft.title = "Tea <first>";
    draft.subtitle = "Then talks";
    draft.slug = "a";
    draft.author = "Ann Writer";
    draft.date = "2022-01-10";
    draft.body = std::move(body);
    draft.body_line = 5;
    theme = *load_theme("default", {}, language);
  }

  /// A theme that shows the body and nothing else.
  Desk& bare() {
    theme.files["elements.css"] = {"elements.css", ""};
    return html("{{{body}}}").text("{{{body}}}");
  }
  Desk& html(std::string text) {
    theme.files["issue.html.mustache"] = {"theme/issue.html.mustache", std::move(text)};
    return *this;
  }
  Desk& text(std::string text) {
    theme.files["issue.text.mustache"] = {"theme/issue.text.mustache", std::move(text)};
    return *this;
  }
  Desk& partial(const std::string& name, std::string text) {
    theme.files[name + ".mustache"] = {"theme/" + name + ".mustache", std::move(text)};
    return *this;
  }

  RenderedIssue render() const {
    auto issue = render_issue(draft, theme, publication);
    REQUIRE_MESSAGE(issue.has_value(), (issue ? "" : to_string(issue.error().front())));
    return *issue;
  }
  std::string fault() const {
    const auto issue = render_issue(draft, theme, publication);
    REQUIRE_FALSE(issue.has_value());
    return to_string(issue.error().front());
  }
};

}  // namespace

TEST_CASE("the text part opens with title and subtitle, then contents, body and footer") {
  Desk desk("## 1) Tea\n\nHot.\n\n## 2) Talks\n\nCold.\n");
  desk.draft.toc = true;
  CHECK(desk.render().text ==
        "Tea <first>\n\nThen talks\n\nAnn Writer · 10 January 2022\n\nIn this issue\n  1) Tea\n"
        "  2) Talks\n\n1) Tea\n------\n\nHot.\n\n2) Talks\n--------\n\nCold.\n\n-- \n"
        "You get this e-mail because you subscribed to Weekly & Co.\n"
        "Weekly & Co · Box 1, Example Town\nChange what you get: {{preferences_url}}\nUnsubscribe: "
        "{{unsubscribe_url}}\n");
}

TEST_CASE("what a draft leaves out leaves no gap") {
  Desk desk("Body.\n");
  desk.draft.subtitle = desk.draft.author = desk.draft.date = "";
  const auto issue = desk.render();
  CHECK(issue.text.starts_with("Tea <first>\n\nBody.\n"));
  CHECK_FALSE(has(issue.html, "display:none"));
  CHECK_FALSE(has(issue.html, "In this issue"));
}

TEST_CASE("the built-in theme carries all that readers and laws ask for") {
  Desk desk("## 1) Tea\n\nHot.\n");
  desk.draft.toc = true;
  const auto issue = desk.render();
  CHECK(issue.subject == "Tea <first>");
  for (const auto* part :
       {"<html lang=\"en\" dir=\"ltr\">", "<title>Tea &lt;first&gt;</title>", "color-scheme",
        ">Then talks</div>", "Ann Writer · 10 January 2022", "In this issue", "<a href=\"#1-tea\"",
        "id=\"1-tea\"", "Weekly &amp; Co · Box 1, Example Town", "href=\"{{unsubscribe_url}}\"",
        "because you subscribed to Weekly &amp; Co."}) {
    CAPTURE(part);
    CHECK(has(issue.html, part));
  }
  for (const auto* part : {"<script", "flex", "grid", "@import", "@font-face", "http://"})
    CHECK_FALSE(has(issue.html, part));
}

TEST_CASE("what is left are the reader's tags, in canonical form") {
  const auto issue = Desk(
                         "{{# subscriber.name }}Dear {{ subscriber.name }} {{{subscriber.email}}}"
                         "{{/subscriber.name}} {{! note }}{{issue.title}}\n")
                         .bare()
                         .render();
  CHECK(issue.html ==
        "<p>{{#subscriber.name}}Dear {{subscriber.name}} "
        "{{&subscriber.email}}{{/subscriber.name}} Tea &lt;first&gt;</p>\n");
  const auto built_in = Desk("{{publication.name}} {{subscriber.name}}\n").render();
  for (const auto& text : {built_in.html, built_in.text}) {
    const auto tags = scan_tags(text, "");
    REQUIRE(tags.has_value());
    for (const auto& tag : *tags) CHECK(depends_on_reader(tag.name));
  }
}

TEST_CASE("an issue's own values are escaped for where they stand") {
  const auto issue = Desk(
                         "{{issue.title}} [x](https://a.example/?q={{issue.title}}) "
                         "[y]({{publication.base_url}}/z)\n")
                         .bare()
                         .render();
  CHECK(has(issue.html, "<p>Tea &lt;first&gt; <a"));
  CHECK(has(issue.html, "href=\"https://a.example/?q=Tea%20%3Cfirst%3E\""));
  CHECK(has(issue.html, "href=\"https://news.example/z\""));
  CHECK(has(issue.text, "Tea <first> x"));
  CHECK(has(issue.text, "https://a.example/?q=Tea%20%3Cfirst%3E"));
}

TEST_CASE("values in attributes of an HTML draft cannot leave them") {
  Desk desk(
      "<p title='{{issue.title}}'><a href='https://a.example/{{issue.title}}'>x</a>"
      "<img alt=\"{{issue.title}}\" src=\"https://a.example/i.png\"></p>");
  desk.draft.kind = BodyKind::html;
  desk.draft.title = "a'b\"c";
  const auto html = desk.bare().render().html;
  CHECK(has(html, "title='a&#39;b&quot;c'"));
  CHECK(has(html, "href='https://a.example/a%27b%22c'"));
  CHECK(has(html, "alt=\"a&#39;b&quot;c\""));
}

TEST_CASE("an address is one however its attribute is written") {
  Desk desk("<a HREF = \"https://a.example/?q={{issue.title}}\">x</a>\n");
  desk.draft.kind = BodyKind::html;
  CHECK(desk.bare().render().html ==
        "<a HREF = \"https://a.example/?q=Tea%20%3Cfirst%3E\">x</a>\n");
  desk.html("<td Background\n= 'https://a.example/{{issue.title}}' title='>{{issue.title}}'>");
  CHECK(desk.render().html ==
        "<td Background\n= 'https://a.example/Tea%20%3Cfirst%3E' title='>Tea &lt;first&gt;'>");
  desk.html("<!--[if mso]><a href=\"https://a.example/?q={{issue.title}}\"><![endif]-->");
  CHECK(has(desk.render().html, "?q=Tea%20%3Cfirst%3E\""));
}

TEST_CASE("a value of a theme stands in no name and in no attribute without quotes") {
  CHECK(Desk("x").html("\n<p title={{issue.title}}>{{{body}}}").fault() ==
        "theme/issue.html.mustache:2: {{issue.title}} stands in an attribute without quotes; write "
        "\"quotes\" around the attribute's value");
  CHECK(has(Desk("x").html("\n<{{issue.slug}}>").fault(),
            "theme/issue.html.mustache:2: {{issue.slug}} stands in the name"));
  CHECK(has(Desk("x").html("{{>a}}").partial("a", "\n\n<p {{subscriber.name}}>").fault(),
            "theme/a.mustache:3: {{subscriber.name}} stands in the name"));
  CHECK(has(Desk("x").html("<p title={{>a}}>").partial("a", "{{subscriber.name}}").fault(),
            "theme/issue.html.mustache: {{subscriber.name}} stands in an attribute"));
  CHECK(Desk("x").html("<p{{#issue.title}} class=\"x\"{{/issue.title}}>").render().html ==
        "<p class=\"x\">");
}

TEST_CASE("braces in a value are never read as a tag later") {
  Desk desk("{{publication.name}}\n");
  desk.publication.name = "{{subscriber.email}} {{{x}}}";
  desk.publication.postal_address = "{{#y}}";
  const auto issue = desk.render();
  for (const auto& text : {issue.html, issue.text}) {
    const auto tags = scan_tags(text, "");
    REQUIRE(tags.has_value());
    for (const auto& tag : *tags) CHECK(is_our_url(tag.name));
  }
}

TEST_CASE("sections on the issue's values show or hide") {
  Desk desk(
      "{{#issue.subtitle}}with{{/issue.subtitle}}{{^issue.subtitle}}without"
      "{{/issue.subtitle}}\n");
  CHECK(desk.bare().render().text == "with\n");
  desk.draft.subtitle = "";
  CHECK(desk.render().text == "without\n");
}

TEST_CASE("headings with tags stand in the contents as in the body") {
  Desk desk("## {{publication.name}} for {{{subscriber.name}}}\n");
  desk.draft.toc = true;
  const auto issue = desk.render();
  CHECK(has(issue.html, ">Weekly &amp; Co for {{subscriber.name}}</a>"));
  CHECK(has(issue.text, "\n  Weekly & Co for {{subscriber.name}}\n"));
}

TEST_CASE("the contents list a heading to those who have it") {
  Desk desk(
      "## One\n\nx\n\n{{#subscriber.name}}\n## Two\n\nx\n\n{{^issue.author}}\n## Three\n"
      "{{/issue.author}}\n{{/subscriber.name}}\n{{#issue.title}}\n## Four\n{{/issue.title}}\n");
  desk.draft.toc = true;
  desk.text("{{#has_toc}}In\n{{{toc_text}}}{{/has_toc}}\n").html("{{#toc}}[{{text}}]{{/toc}}");
  CHECK(desk.render().text == "In\n  One{{#subscriber.name}}\n  Two{{/subscriber.name}}\n  Four\n");
  CHECK(desk.render().html == "[One]{{#subscriber.name}}[Two]{{/subscriber.name}}[Four]");
  desk.html("{{#toc}}\n<p>{{text}}</p>\n{{/toc}}\n");
  CHECK(desk.render().html ==
        "<p>One</p>\n{{#subscriber.name}}\n<p>Two</p>\n{{/subscriber.name}}\n<p>Four</p>\n");
  desk.draft.body = "{{#subscriber.name}}\n## One\n{{/subscriber.name}}\n\n## Two\n";
  CHECK(desk.render().text == "In\n{{#subscriber.name}}  One\n{{/subscriber.name}}  Two\n");
  desk.draft.body = "<p>{{#subscriber.name}}<h2 class=x>One</h2>{{/subscriber.name}}</p>\n";
  desk.draft.kind = BodyKind::html;
  CHECK(has(desk.render().text, "{{#subscriber.name}}  One\n{{/subscriber.name}}"));
}

TEST_CASE("the contents are the level-2 headings, only where the draft asks for them") {
  Desk desk("# Big\n\n## AT&T\n\n### Three\n");
  desk.html("{{#toc}}[{{anchor}}|{{text}}]{{/toc}}{{{body}}}");
  CHECK_FALSE(has(desk.render().html, "|"));
  desk.draft.toc = true;
  CHECK(has(desk.render().html, "[att|AT&amp;T]"));
}

TEST_CASE("images of a folder go by Content-ID, and those unused stay at home") {
  Desk desk("![Chart](chart.png) ![Map](./map.png) ![Far](https://a.example/map.png)\n");
  for (const auto* name : {"chart.png", "map.png", "unused.png"})
    desk.draft.images.push_back({name, "image/png", "x"});
  const auto issue = desk.bare().render();
  CHECK(has(issue.html, "src=\"https://a.example/map.png\""));
  REQUIRE(issue.images.size() == 2);
  for (const auto& image : issue.images) {
    CHECK(image.name.ends_with("@news.example"));
    CHECK(has(issue.html, "src=\"cid:" + image.name + "\""));
  }
}

TEST_CASE("an image's id is like no other, in this issue and in all others") {
  std::set<std::string> ids;
  Desk desk("![a](a/logo.png) ![b](.b.png) ![c](c.png)\n");
  for (const std::string slug : {"one", "two"}) {
    desk.draft.slug = slug;
    desk.draft.images = {{"a/logo.png", "image/png", "x"},
                         {".b.png", "image/png", "x"},
                         {"c.png", "image/png", "y"}};
    for (const auto& image : desk.bare().render().images) ids.insert(image.name);
  }
  CHECK(ids.size() == 6);
  for (const auto& id : ids) CHECK(id.find_first_of("/_\"'<> ") == std::string::npos);
  desk.publication.base_url = "http://[::1]:8080/x";
  CHECK(desk.render().images.front().name.ends_with("@postrider.invalid"));
  desk.publication.base_url = "http://localhost:8080";
  CHECK(desk.render().images.front().name.ends_with("@localhost"));
}

TEST_CASE("an image of raw HTML goes inside the mail, however its tag is written") {
  for (const auto kind : {BodyKind::markdown, BodyKind::html}) {
    for (const std::string tag : {"<img src='chart.png' alt='a'>", "<img alt=a src=chart.png>",
                                  "<IMG SRC=\"./chart.png\">", "<img\nsrc = \"chart&#46;png\"/>"}) {
      CAPTURE(tag);
      Desk desk("One " + tag + " two\n");
      desk.draft.kind = kind;
      desk.draft.images = {{"chart.png", "image/png", "x"}};
      const auto issue = desk.bare().render();
      REQUIRE(issue.images.size() == 1);
      CHECK(has(issue.html, "cid:"));
    }
  }
  Desk desk("<img alt=a src=chart.png>\n");
  desk.draft.images = {{"chart.png", "image/png", "x"}};
  CHECK(has(desk.bare().render().html, "<img alt=a src=\"cid:"));
}

TEST_CASE("an image that no mail would show is a fault") {
  Desk desk("One\n\ntwo <title>![a](chart.png)</title>\n");
  desk.draft.images = {{"chart.png", "image/png", "x"}};
  CHECK(has(desk.bare().fault(), "drafts/a.md:7: chart.png: this image stands where no mail"));
}

TEST_CASE("text of every script and its punctuation survive byte for byte") {
  const std::string words = "“Curly” – ‘quotes’ — … 新华社 Восток שלום مرحبا 🛰️ e\u0301";
  const auto issue = Desk(words + "\n").bare().render();
  CHECK(issue.html == "<p>" + words + "</p>\n");
  CHECK(issue.text == words + "\n");
}

TEST_CASE("a language from right to left turns the page around") {
  const auto issue = Desk("> مرحبا\n", "ar").render();
  CHECK(has(issue.html, "<html lang=\"ar\" dir=\"rtl\">"));
  CHECK(has(issue.html, "<table role=\"presentation\" class=\"ground\" lang=\"ar\" dir=\"rtl\""));
  CHECK(has(issue.html, "border-right:3px"));
  CHECK_FALSE(has(issue.html, "border-left:3px"));
  CHECK(has(issue.html, "\u2068Ann Writer\u2069 · 10 يناير 2022"));
}

TEST_CASE("partials are put in place, from files inside one another") {
  Desk desk("Body.\n");
  desk.bare().html("{{>frame}}").partial("frame", "[{{>name}}]{{{body}}}");
  desk.partial("name", "{{publication.name}}");
  CHECK(desk.render().html == "[Weekly &amp; Co]<p>Body.</p>\n");
}

TEST_CASE("a template that includes itself is a fault at its line, and takes no time") {
  Desk desk("Body.\n");
  desk.html("\n{{>a}}").partial("a", "{{>b}}").partial("b", "\n\n{{>a}}{{>a}}");
  CHECK(desk.fault() ==
        "theme/b.mustache:3: the partial {{>a}} includes itself; take one of the two tags out");
  CHECK(has(Desk("x").html("{{>issue.html}}").fault(), "includes itself"));
}

TEST_CASE("partials that multiply stop at a limit") {
  Desk desk("Body.\n");
  desk.html("{{>p0}}");
  for (int i = 0; i < 12; ++i) {
    std::string text;
    for (int n = 0; n < 50; ++n) text += "{{>p" + std::to_string(i + 1) + "}}";
    desk.partial("p" + std::to_string(i), text);
  }
  desk.partial("p12", "x");
  CHECK(has(desk.fault(), "nests too deep"));
}

TEST_CASE("partials that multiply into nothing stop at a limit too") {
  Desk desk("Body.\n");
  desk.html("{{>p0}}");
  for (int i = 0; i < 6; ++i) {
    std::string text;
    for (int n = 0; n < 30; ++n) text += "{{>p" + std::to_string(i + 1) + "}}";
    desk.partial("p" + std::to_string(i), text);
  }
  desk.partial("p6", "");
  CHECK(has(desk.fault(), "the template includes more than 1,000 partials; include fewer"));
}

TEST_CASE("a template that grows without end is refused") {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "{{>a}}";
  Desk desk("x");
  desk.html(many).partial("a", std::string(20000, 'a'));
  CHECK(has(desk.fault(), "theme/issue.html.mustache:1: the template grows over 1 MB"));
}

TEST_CASE("sections of theme and body are counted together") {
  std::string open;
  std::string close;
  for (int i = 0; i < 20; ++i) {
    open += "{{#subscriber.name}}";
    close += "{{/subscriber.name}}";
  }
  CHECK(has(Desk(open + "x" + close).html(open + "{{{body}}}" + close).fault(),
            "theme/issue.html.mustache:1: sections are nested more than 32 deep"));
}

TEST_CASE("a theme's mistakes are faults with its file and line") {
  CHECK(Desk("x").html("\n{{publicaton.name}}{{{body}}}").fault() ==
        "theme/issue.html.mustache:2: the tag {{publicaton.name}} names nothing known; did you "
        "mean {{publication.name}}?");
  CHECK(has(Desk("x").html("{{subscriber.nmae}}").fault(), "did you mean {{subscriber.name}}?"));
  CHECK(has(Desk("x").html("{{>gone}}").fault(), "its file would be gone.mustache"));
  CHECK(has(Desk("x").html("{{#toc}}").fault(), "theme/issue.html.mustache:1: the section"));
  CHECK(has(Desk("x").html("{{body}}").fault(), "write {{{body}}}"));
  CHECK(has(Desk("x").html("{{text}}").fault(), "names nothing known"));
  CHECK(has(Desk("x").html("{{url.issue.title}}").fault(), "names nothing known"));
  CHECK(has(Desk("x").html("{{words.unsubscribe_question}}").fault(), "names nothing known"));
  CHECK(has(Desk("x").text("\n\n{{words.gone}}").fault(), "theme/issue.text.mustache:3:"));
  CHECK(has(Desk("x").html("{{.}}").fault(), "names nothing known"));
}

TEST_CASE("a theme may loop over a reader's own list") {
  const auto issue = Desk("x\n")
                         .bare()
                         .text(
                             "{{#subscriber.attributes.topics}}- {{.}}\n"
                             "{{/subscriber.attributes.topics}}{{{body}}}")
                         .render();
  CHECK(issue.text ==
        "{{#subscriber.attributes.topics}}- {{.}}\n{{/subscriber.attributes.topics}}x\n");
}

TEST_CASE("a draft's broken tags and a broken stylesheet are faults of theirs") {
  CHECK(has(Desk("x\n\n{{#subscriber.name}}\n").fault(), "drafts/a.md:7: the section"));
  Desk desk("x");
  desk.theme.files["elements.css"] = {"theme/elements.css", ".x { margin: 0 }"};
  CHECK(has(desk.fault(), "theme/elements.css:1: .x: is no rule"));
}

TEST_CASE("dates are shown as the language writes them, and anything else as it is") {
  const auto shown = [](const std::string& date, const char* language) {
    return shown_date(date, *load_words(language, {}));
  };
  CHECK(shown("2022-01-10", "en") == "10 January 2022");
  CHECK(shown("2022-03-02", "de") == "2. März 2022");
  CHECK(shown("2022-12-31", "es") == "31 de diciembre de 2022");
  CHECK(shown("2022-05-09", "ru") == "9 мая 2022 г.");
  CHECK(shown("2022-01-10", "zh") == "2022年1月10日");
  for (const auto* odd : {"", "Monday", "2022-13-10", "2022-00-10", "2022-1-10", "10/01/2022x"})
    CHECK(shown(odd, "en") == odd);
  CHECK(shown_date("2022-01-10", {}) == "2022-01-10");
}

TEST_CASE("37 KB of Markdown stay far below what Gmail cuts off") {
  std::string body;
  for (int section = 1; body.size() < 37 * 1024; ++section) {
    body += "## " + std::to_string(section) + ") Section\n\n";
    for (int story = 0; story < 4; ++story)
      body += "### [A headline of some length](https://news.example/story) – A Source\n\n> " +
              std::string(300, 'q') + "\n\n**Comment:** " + std::string(200, 'c') + "\n\n";
  }
  CHECK(Desk(body).render().html.size() < 80 * 1024);
}

}  // namespace postrider::templates
