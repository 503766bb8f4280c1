#include "templates/body.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace postrider;
using namespace postrider::templates;

namespace {

Body body_of(const std::string& text, BodyKind kind = BodyKind::markdown) {
  Draft draft;
  draft.file = "drafts/a";
  draft.body = text;
  draft.kind = kind;
  auto body = make_body(draft);
  if (!body) FAIL(to_string(body.error().front()));
  return std::move(*body);
}

std::string text_of(const std::string& markdown) { return body_of(markdown).text; }
std::string html_of(const std::string& markdown) { return body_of(markdown).html; }

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("paragraphs are wrapped at 72 columns") {
  const auto text = text_of(std::string("word ") + std::string(70, 'x') + " and some more words\n");
  for (const auto line : split(text, '\n')) CHECK(display_width(line) <= 72);
  CHECK(text == "word\n" + std::string(70, 'x') + "\nand some more words\n");
}

TEST_CASE("wide characters count for two columns") {
  std::string words;
  for (int i = 0; i < 30; ++i) words += "中国 ";
  const auto text = text_of(words);
  for (const auto line : split(text, '\n')) CHECK(display_width(line) <= 72);
}

TEST_CASE("headings keep their words and are underlined") {
  CHECK(text_of("# One\n\n## 2) Two & three\n\n### Four\n") ==
        "One\n===\n\n2) Two & three\n--------------\n\nFour\n");
}

TEST_CASE("quotes stand behind > in every line, nested ones twice") {
  CHECK(text_of("> one\n>\n> two\n>\n> > three\n") == "> one\n>\n> two\n>\n> > three\n");
}

TEST_CASE("two quotes one after the other are set apart") {
  CHECK(text_of("> one\n\ntext\n\n> two\n") == "> one\n\ntext\n\n> two\n");
}

TEST_CASE("long addresses are numbered and listed at the end of their section") {
  const std::string address = "https://news.example/a-long-way-to-the-page-that-is-meant";
  CHECK(text_of("## A\n\nsee [this](" + address + ")\n\n## B\n\nsee [that](" + address + "2)\n") ==
        "A\n-\n\nsee this [1]\n\n[1] " + address + "\n\nB\n-\n\nsee that [2]\n\n[2] " + address +
            "2\n");
}

TEST_CASE("short addresses stand beside their words, and an address is not repeated") {
  CHECK(text_of("[here](https://a.example/)\n") == "here <https://a.example/>\n");
  CHECK(text_of("<https://a.example/>\n") == "https://a.example/\n");
  CHECK(text_of("[a@b.example](mailto:a@b.example)\n") == "a@b.example\n");
}

TEST_CASE("lists are tight or loose as written, and numbered from where they start") {
  CHECK(text_of("- a\n- b\n  - c\n") == "- a\n- b\n  - c\n");
  CHECK(text_of("3. a\n4. b\n") == "3. a\n4. b\n");
  CHECK(text_of("- a\n\n- b\n") == "- a\n\n- b\n");
}

TEST_CASE("code keeps its lines, tables their columns") {
  CHECK(text_of("```\nint  x;\n```\n") == "    int  x;\n");
  CHECK(text_of("| A | Much |\n| --- | --- |\n| long cell | 1 |\n") ==
        "A          Much\n---------  ----\nlong cell  1\n");
}

TEST_CASE("head cells say that they stand above their columns, once") {
  const auto html = html_of("| A | B |\n| --- | ---: |\n| 1 | 2 |\n");
  CHECK(has(html, "<th scope=\"col\">A</th>"));
  CHECK(has(html, "<th scope=\"col\" align=\"right\">B</th>"));
}

TEST_CASE("footnotes are numbered in both parts") {
  const auto body = body_of("One[^a] two.\n\n[^a]: The note.\n");
  CHECK(body.text == "One(1) two.\n\n(1) The note.\n");
  CHECK(has(body.html, "footnote"));
}

TEST_CASE("text of every script survives byte for byte") {
  const std::string words = "“Curly” … – — 中国 Привет مرحبا שלום 🇰🇿 e\xCC\x81";
  CHECK(has(text_of(words + "\n"), words));
  CHECK(has(html_of(words + "\n"), words));
}

TEST_CASE("headings get anchors that are unique") {
  const auto body = body_of("## 1) Kazakhstan Protests\n\n## Same\n\n## Same\n\n## 中国\n");
  REQUIRE(body.headings.size() == 4);
  CHECK(body.headings[0].anchor == "1-kazakhstan-protests");
  CHECK(body.headings[1].anchor == "same");
  CHECK(body.headings[2].anchor == "same-1");
  CHECK(has(body.html, "<h2 id=\"1-kazakhstan-protests\">1) Kazakhstan Protests</h2>"));
  CHECK(has(body.html, "<h2 id=\"same-1\">"));
}

TEST_CASE("tags stand in both parts as they were, whatever Markdown does around them") {
  const auto body = body_of(
      "**{{subscriber.name}}** [leave]({{unsubscribe_url}}) `{{ subscriber.email }}` "
      "{{{subscriber.attributes.x_y_z}}}\n");
  CHECK(has(body.html, "<strong>{{subscriber.name}}</strong>"));
  CHECK(has(body.html, "<a href=\"{{unsubscribe_url}}\">leave</a>"));
  CHECK(has(body.html, "<code>{{subscriber.email}}</code>"));
  CHECK(has(body.html, "{{&subscriber.attributes.x_y_z}}"));
  CHECK(has(body.text, "*{{subscriber.name}}*"));
  CHECK(has(body.text, "leave <{{unsubscribe_url}}>"));
}

TEST_CASE("section tags alone on their lines are blocks of their own") {
  const auto body = body_of(
      "before\n\n{{#subscriber.name}}\nDear {{subscriber.name}},\n{{/subscriber.name}}\n\nafter\n");
  CHECK(body.html ==
        "<p>before</p>\n{{#subscriber.name}}<p>Dear {{subscriber.name}},</p>\n"
        "{{/subscriber.name}}<p>after</p>\n");
  CHECK(body.text ==
        "before\n\n{{#subscriber.name}}Dear {{subscriber.name}},\n\n{{/subscriber.name}}after\n");
}

TEST_CASE("a section inside a quote stays inside the quote") {
  const auto html = html_of("> a\n>\n> {{#subscriber.name}}\n> b\n> {{/subscriber.name}}\n");
  CHECK(
      html ==
      "<blockquote>\n<p>a</p>\n{{#subscriber.name}}<p>b</p>\n{{/subscriber.name}}</blockquote>\n");
}

TEST_CASE("an HTML draft gets a text part by its document") {
  const auto body = body_of(
      "<h2 id=\"x\">One &amp; two</h2>\n<p>Some <b>bold</b>\nwords<br>here, "
      "<a href=\"https://a.example/\">a link</a>.</p><blockquote><p>quoted</p></blockquote>"
      "<ul><li>one</li><li>two</li></ul><style>p{}</style><p>{{subscriber.email}}</p>",
      BodyKind::html);
  CHECK(has(body.text,
            "One & two\n---------\n\nSome bold words\nhere, a link <https://a.example/>."));
  CHECK(has(body.text, "> quoted"));
  CHECK(has(body.text, "- one"));
  CHECK(has(body.text, "{{subscriber.email}}"));
  CHECK_FALSE(has(body.text, "p{}"));
}

TEST_CASE("a text draft gets an HTML part that escapes and links") {
  const auto body =
      body_of("a < b & c\nsee https://a.example/x?y=1&z=2.\n\nnext\n", BodyKind::text);
  CHECK(body.html ==
        "<p>a &lt; b &amp; c<br>\nsee <a href=\"https://a.example/x?y=1&amp;z=2\">"
        "https://a.example/x?y=1&amp;z=2</a>.</p>\n<p>next</p>\n");
}

TEST_CASE("hostile nesting is rendered in bounded time and does not crash") {
  std::string deep(5000, '>');
  CHECK_FALSE(text_of(deep + " x\n").empty());
  CHECK_FALSE(text_of(std::string(20000, '[')).empty());
  std::string headings;
  for (int i = 0; i < 5000; ++i) headings += "## h\n\n";
  CHECK(body_of(headings).headings.size() == 5000);
}
