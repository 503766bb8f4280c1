#include "templates/body.h"

#include <doctest/doctest.h>
#include <set>

#include "base/text.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::templates;
using test::has;

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

/// All faults, a line each.
std::string body_faults(const std::string& text, BodyKind kind = BodyKind::markdown) {
  Draft draft;
  draft.file = "drafts/a";
  draft.body = text;
  draft.kind = kind;
  const auto body = make_body(draft);
  std::string lines;
  if (!body)
    for (const auto& fault : body.error()) lines += to_string(fault) + "\n";
  return lines;
}

std::string text_of(const std::string& markdown) { return body_of(markdown).text; }
std::string html_of(const std::string& markdown) { return body_of(markdown).html; }

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

TEST_CASE("Chinese and Japanese are wrapped without blanks, punctuation as it should stand") {
  std::string chinese;
  for (int i = 0; i < 40; ++i) chinese += "中国经济，「很好」。Abc12";
  const auto text = text_of(chinese + "\n");
  std::string joined;
  for (const auto line : split(text, '\n')) {
    CHECK(display_width(line) <= 72);
    if (!joined.empty() && !line.empty()) {
      for (const std::string_view closing : {"，", "」", "。"})
        CHECK_FALSE(line.starts_with(closing));
      CHECK_FALSE(line.starts_with("bc"));
    }
    CHECK_FALSE(line.ends_with("「"));
    joined += line;
  }
  CHECK(joined == chinese);
}

TEST_CASE("a tag among Chinese characters stays whole, and Thai is wrapped between syllables") {
  std::string words;
  for (int i = 0; i < 20; ++i) words += "中国{{subscriber.name}}经济";
  CHECK(has(text_of(words + "\n"), "{{subscriber.name}}"));
  std::string thai;
  for (int i = 0; i < 20; ++i) thai += "ประเทศไทยในวันนี้";
  const auto text = text_of(thai + "\n");
  for (const auto line : split(text, '\n')) CHECK(display_width(line) <= 72);
}

TEST_CASE("headings keep their words and are underlined") {
  CHECK(text_of("# One\n\n## 2) Two & three\n\n### Four\n") ==
        "One\n===\n\n2) Two & three\n--------------\n\nFour\n~~~~\n");
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

TEST_CASE("whoever sees a link's number sees its address, whatever sections are around") {
  const std::string address = "https://news.example/a-long-way-to-the-page-that-is-meant";
  const std::string open = "{{#subscriber.name}}";
  const std::string close = "{{/subscriber.name}}";
  CHECK(text_of("[words](" + address + ")\n\n" + open + "\n\n## Only some\n\n" + close +
                "\n\n## All\n") == "words [1]\n\n[1] " + address + "\n\n" + open +
                                       "Only some\n---------\n\n" + close + "All\n---\n");
  CHECK(text_of(open + "\n[words](" + address + ")\n\n" + close + "\n\n" + open + "\n\n## B\n\n" +
                close + "\n") ==
        open + "words [1]\n" + close + "\n[1] " + address + "\n\n" + open + "B\n-\n" + close);
}

TEST_CASE("addresses from outside a section are not listed at a heading inside it") {
  const std::string address = "https://news.example/a-long-way-to-the-page-that-is-meant";
  const std::string open = "{{#subscriber.name}}";
  const std::string close = "{{/subscriber.name}}";
  CHECK(text_of("[a](" + address + ")\n\n" + open + "\n[b](" + address + "2) [a](" + address +
                ")\n\n## B\n\n" + close + "\n\n[a](" + address + ")\n") ==
        "a [1]\n\n" + open + "b [2] a [1]\n\n[2] " + address + "2\n\nB\n-\n\n" + close +
            "a [1]\n\n[1] " + address + "\n");
}

TEST_CASE("short addresses stand beside their words, and an address is not repeated") {
  CHECK(text_of("[here](https://a.example/)\n") == "here <https://a.example/>\n");
  CHECK(text_of("see www.a.example/x there\n") == "see www.a.example/x there\n");
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

TEST_CASE("a link around whole blocks has their words, and its address stands behind the first") {
  const auto body = body_of(
      "<a href=\"https://a.example/\"><h2>One</h2><p>two</p></a><p>three <a "
      "href=\"https://b.example/\"><img src=\"x.png\" alt=\"four\"></a></p>",
      BodyKind::html);
  CHECK(body.text ==
        "One <https://a.example/>\n------------------------\n\ntwo\n\n"
        "three [four] <https://b.example/>\n");
  REQUIRE(body.headings.size() == 1);
  CHECK(body.headings[0].text == "One");
  CHECK(body.headings[0].anchor == "one");
  REQUIRE(body.references.size() == 3);
  CHECK(body.references[0].text == "One two");
}

TEST_CASE("a heading of an HTML draft has its link's words alone in the contents") {
  const auto body = body_of("<h2><a href=\"https://a.example/\">One</a> two</h2>", BodyKind::html);
  REQUIRE(body.headings.size() == 1);
  CHECK(body.headings[0].text == "One two");
  CHECK(body.text == "One <https://a.example/> two\n----------------------------\n");
}

TEST_CASE(
    "items that are not closed end with the next one, quotes and lists with their outer one") {
  CHECK(body_of("<ul><li>a<li>b<ol><li>c<li>d</ol><li>e</ul>f", BodyKind::html).text ==
        "- a\n\n- b\n\n  1. c\n\n  2. d\n\n- e\n\nf\n");
  CHECK(body_of("<blockquote><ul><li>a</blockquote>b</li></ul>c", BodyKind::html).text ==
        "> - a\n\nb\n\nc\n");
}

TEST_CASE("a text draft gets an HTML part that escapes and links") {
  const auto body =
      body_of("a < b & c\nsee https://a.example/x?y=1&z=2.\n\nnext\n", BodyKind::text);
  CHECK(body.html ==
        "<p>a &lt; b &amp; c<br>\nsee <a href=\"https://a.example/x?y=1&amp;z=2\">"
        "https://a.example/x?y=1&amp;z=2</a>.</p>\n<p>next</p>\n");
}

TEST_CASE("brackets that belong to an address of a text draft stay in it") {
  const auto body =
      body_of("see (https://a.example/A_(b)) or https://a.example/c).\n", BodyKind::text);
  REQUIRE(body.references.size() == 2);
  CHECK(body.references[0].target == "https://a.example/A_(b)");
  CHECK(body.references[1].target == "https://a.example/c");
}

TEST_CASE("raw HTML in Markdown gives its words, links and images to the text part") {
  const auto body = body_of(
      "One <a href=\"https://a.example/\">here</a><br>two <img src=\"x.png\" alt=\"chart\">\n\n"
      "<div><p>Three</p><ol><li>a</li><li>b</li></ol></div>\n");
  CHECK(body.text == "One here <https://a.example/>\ntwo [chart]\n\nThree\n\n1. a\n\n2. b\n");
  REQUIRE(body.references.size() == 2);
  CHECK(body.references[0].target == "https://a.example/");
  CHECK(body.references[1].image);
}

TEST_CASE("a tag between < and > is text, an address becomes a link") {
  const auto body = body_of("Name <{{subscriber.email}}>, `<{{subscriber.email}}>`\n");
  CHECK(body.html ==
        "<p>Name &lt;{{subscriber.email}}&gt;, <code>&lt;{{subscriber.email}}&gt;</code></p>\n");
  CHECK(body.text == "Name <{{subscriber.email}}>, <{{subscriber.email}}>\n");
  const auto link = body_of("a\n\n<{{unsubscribe_url}}>\nand *so* on\n");
  CHECK(link.html ==
        "<p>a</p>\n<p><a href=\"{{unsubscribe_url}}\">{{unsubscribe_url}}</a>\n"
        "and <em>so</em> on</p>\n");
  CHECK(link.text == "a\n\n{{unsubscribe_url}} and _so_ on\n");
  REQUIRE(link.references.size() == 1);
  CHECK(link.references[0].target == "{{unsubscribe_url}}");
  CHECK(link.references[0].line == 3);
  CHECK(html_of("<{{subscriber.name}} x>\n</{{subscriber.name}}>\n") ==
        "<p>&lt;{{subscriber.name}} x&gt;\n&lt;/{{subscriber.name}}&gt;</p>\n");
  CHECK(html_of("    <{{subscriber.name}}>\n") ==
        "<pre><code>&lt;{{subscriber.name}}&gt;\n</code></pre>\n");
  CHECK(html_of("[x](<{{unsubscribe_url}}>) [<{{unsubscribe_url}}>](https://a.example/)\n") ==
        "<p><a href=\"{{unsubscribe_url}}\">x</a> "
        "<a href=\"https://a.example/\">&lt;{{unsubscribe_url}}&gt;</a></p>\n");
  CHECK(html_of("[x]\n\n[x]: <{{unsubscribe_url}}>\n") ==
        "<p><a href=\"{{unsubscribe_url}}\">x</a></p>\n");
  CHECK(html_of("## <{{subscriber.name}}>\n") ==
        "<h2 id=\"section\">&lt;{{subscriber.name}}&gt;</h2>\n");
}

TEST_CASE("no value stands in the name of an HTML tag or attribute, nor without quotes") {
  CHECK(body_faults("a\n\n<div>\n<{{subscriber.email}}>\n</div>\n") ==
        "drafts/a:4: {{subscriber.email}} stands in the name of an HTML tag or attribute; write "
        "&lt; for a < that is text\n");
  CHECK(
      has(body_faults("one\ntwo <b {{subscriber.name}}>x</b>\n"), "drafts/a:2: {{subscriber.name"));
  CHECK(
      has(body_faults("one <b{{subscriber.name}}>x\n"), "drafts/a:1: {{subscriber.name}} stands"));
  CHECK(has(body_faults("<p>\n<{{#subscriber.name}}b{{/subscriber.name}}>x</p>", BodyKind::html),
            "drafts/a:2: {{#subscriber.name}} stands in the name"));
  CHECK(body_faults("<p>x</p>\n<p title={{subscriber.name}}>", BodyKind::html) ==
        "drafts/a:2: {{subscriber.name}} stands in an attribute without quotes; write \"quotes\" "
        "around the attribute's value\n");
  CHECK(has(body_faults("a <b title={{subscriber.name}}>x</b>\n"), "without quotes"));
  CHECK(has(body_faults("<p title={{subscriber.name}}>\n"), "without quotes"));
  CHECK(body_faults("<p {{#subscriber.name}}title=\"{{subscriber.name}}\"{{/subscriber.name}}>x",
                    BodyKind::html)
            .empty());
}

TEST_CASE("a heading that the writer wrote as HTML takes no other heading's name") {
  const auto body = body_of("<h2>Raw</h2>\n\n## Own\n\n<h2 id=\"mine\">More</h2>\n");
  CHECK(has(body.html, "<h2 id=\"raw\">Raw</h2>"));
  CHECK(has(body.html, "<h2 id=\"own\">Own</h2>"));
  REQUIRE(body.headings.size() == 3);
  CHECK(body.headings[2].anchor == "mine");
}

TEST_CASE("a numbered anchor never meets a heading of that very name") {
  const auto body = body_of("## A\n\n## A 1\n\n## A\n\n## “A”…\n");
  std::set<std::string> anchors;
  for (const auto& heading : body.headings) anchors.insert(heading.anchor);
  CHECK(anchors == std::set<std::string>{"a", "a-1", "a-2", "a-3"});
}

TEST_CASE("headings of an HTML draft get ids, so that the contents can lead to them") {
  const auto body = body_of("<H2 class=\"x\">One</H2><h2 id=\"two\">Two</h2>", BodyKind::html);
  CHECK(body.html == "<H2 id=\"one\" class=\"x\">One</H2><h2 id=\"two\">Two</h2>");
}

TEST_CASE("of an HTML draft that is a whole document the body is taken") {
  const auto body = body_of(
      "<!DOCTYPE html>\n<html><head><title>T</title></head>\n<body class=x>\n<p>1 < 2</p>\n"
      "<a\n HREF = 'https://a.example/'>x</a></body></html>\n",
      BodyKind::html);
  CHECK(body.html == "\n<p>1 < 2</p>\n<a\n HREF = 'https://a.example/'>x</a>");
  CHECK(body.text == "1 < 2\n\nx <https://a.example/>\n");
  REQUIRE(body.references.size() == 1);
  CHECK(body.references[0].line == 5);
}

TEST_CASE("entities of HTML are the characters they stand for in the text part") {
  CHECK(body_of("<p>&eacute;&Eacute;&szlig;&thetasym;&bull;&rarr;&#8364;&#x20AC;&#150;&shy;&yuml;"
                "&hearts;&apos;</p>",
                BodyKind::html)
            .text == "éÉßϑ•→€€–ÿ♥'\n");
  CHECK(body_of("<p>&nothing; &copy &; &#x; AT&T; &Nbsp;</p>", BodyKind::html).text ==
        "&nothing; &copy &; &#x; AT&T; &Nbsp;\n");
  CHECK(text_of("<div>M&uuml;ller &amp; S&ouml;hne</div>\n") == "Müller & Söhne\n");
  CHECK(html_of("<div>M&uuml;ller</div>\n") == "<div>M&uuml;ller</div>\n");
}

TEST_CASE("HTML that never ends is told where it begins") {
  CHECK(body_faults("one\n\n<!-- two\n\nthree\n") ==
        "drafts/a:3: a tag or a comment begins here and never ends\n");
  CHECK(has(body_faults("<p>one</p>\n<a href=\"x\n", BodyKind::html), "drafts/a:2: "));
}

TEST_CASE("a writer's comments stay out of both parts, tags in them too") {
  const auto body =
      body_of("one\n\n<!-- two {{subscriber.name}} -->\n\n<!--{{subscriber.email}}-->\n");
  CHECK(body.html == "<p>one</p>\n\n\n");
  CHECK(body.text == "one\n");
}

TEST_CASE("section tags in code are code") {
  const auto body = body_of("```\n{{#subscriber.name}}\nx\n{{/subscriber.name}}\n```\n");
  CHECK(body.html == "<pre><code>{{#subscriber.name}}\nx\n{{/subscriber.name}}\n</code></pre>\n");
}

TEST_CASE("lines of section tags leave no gap in a text draft") {
  const auto body =
      body_of("one\n{{#subscriber.name}}\ntwo\n{{/subscriber.name}}\nthree\n", BodyKind::text);
  CHECK(body.html ==
        "<p>one</p>\n{{#subscriber.name}}<p>two</p>\n{{/subscriber.name}}<p>three</p>\n");
  CHECK(body.text == "one\n{{#subscriber.name}}two\n{{/subscriber.name}}three\n");
}

TEST_CASE("section tags take no room when lines are wrapped") {
  const std::string tag = "{{#subscriber.name}}x{{/subscriber.name}}";
  const auto text = text_of(tag + tag + tag + " " + std::string(60, 'y') + "\n");
  CHECK(text == tag + tag + tag + " " + std::string(60, 'y') + "\n");
}

TEST_CASE("braces that escapes or entities make are told, as they would become a tag") {
  CHECK(has(body_faults("one\n\n\\{\\{name}}\n"), "drafts/a:3: two braces {{ stand here as text"));
  CHECK(has(body_faults("&#123;&#123;name}}\n"), "two braces"));
  CHECK(has(body_faults("{<b>{</b>name}}\n"), "two braces"));
}

TEST_CASE("a table's columns are aligned as it says") {
  CHECK(text_of("| A | B | C |\n| --- | ---: | :---: |\n| x | 10 | mid |\n| x | 5 | m |\n") ==
        "A   B   C\n-  --  ---\nx  10  mid\nx   5   m\n");
}

TEST_CASE("a section within a table is told, as its lines would tear the table") {
  const std::string head = "x\n\n| A | B |\n| - | - |\n";
  const std::string open = "{{#subscriber.name}}\n";
  const std::string close = "{{/subscriber.name}}\n";
  const std::string told =
      "section tags between its rows tear this table apart; put the section around the whole "
      "table";
  CHECK(body_faults(head + "| a | b |\n" + open + "| c | d |\n" + close + "| e | f |\n") ==
        "drafts/a:6: " + told + "\n");
  CHECK(has(body_faults(head + open + "| c | d |\n" + close), "drafts/a:5: " + told));
  CHECK(has(body_faults("A | B\n--- | ---\n" + open + "c | d\n" + close), "drafts/a:3: " + told));
  CHECK(body_faults(open + head + "| c | d |\n" + close + "Either | or\n").empty());
  CHECK(body_faults(head + "| c | d |\n\n" + open + "\nx | y\n" + close).empty());
}

TEST_CASE("a table wider than a line becomes a list of its rows") {
  const std::string wide(40, 'w');
  CHECK(text_of("| A | B |\n| - | - |\n| " + wide + " | " + wide + " |\n| x | y |\n") ==
        "A: " + wide + "\nB: " + wide + "\n\nA: x\nB: y\n");
}

TEST_CASE("nesting and lines beyond all measure are told, with their line") {
  std::string images;
  for (int i = 0; i < 5000; ++i) images += "![";
  images += "a";
  for (int i = 0; i < 5000; ++i) images += "](x)";
  std::string lists;
  for (int i = 0; i < 150; ++i)
    lists += std::string(static_cast<std::size_t>(2 * i), ' ') + "- a\n";
  CHECK(
      has(body_faults("a\n\n" + std::string(5000, '>') + " x\n"), "drafts/a:3: quotes and lists"));
  CHECK(
      has(body_faults(images), "drafts/a:1: quotes, lists, emphasis or links are nested too deep"));
  CHECK(has(body_faults(lists), "nested too deep"));
  CHECK(has(body_faults(std::string(2'000'000, '[')), "is longer than 100,000 octets"));
}

TEST_CASE("tables beyond all measure are told, with their line") {
  const auto table = [](int columns, int rows) {
    std::string head;
    std::string under;
    for (int i = 0; i < columns; ++i) {
      head += "a|";
      under += "-|";
    }
    std::string text = "x\n\n|" + head + "\n|" + under + "\n";
    for (int i = 0; i < rows; ++i) text += "|b\n";
    return text;
  };
  CHECK(has(body_faults(table(1000, 3000)), "drafts/a:4: a table has at most 100 columns"));
  CHECK(has(body_faults("> " + table(101, 1)), "drafts/a:4: a table has at most"));
  CHECK(has(body_faults(table(100, 3000)), "drafts/a:1004: the tables have more"));
  CHECK(body_faults(table(100, 900)).empty());
  CHECK(body_faults("a\n---\n" + std::string(300'000, 'b')).find("table") == std::string::npos);
}

TEST_CASE("sections nested beyond all measure are told, with their line") {
  const auto nested = [](std::size_t depth) {
    std::string text = "x\n";
    for (std::size_t i = 0; i < depth; ++i) text += "{{#issue.title}}";
    for (std::size_t i = 0; i < depth; ++i) text += "{{/issue.title}}";
    return text + "\n";
  };
  CHECK(body_faults(nested(32)).empty());
  CHECK(body_faults(nested(33)) == "drafts/a:2: sections are nested more than 32 deep here\n");
  for (const auto kind : {BodyKind::markdown, BodyKind::html, BodyKind::text})
    CHECK(body_faults(nested(40'000), kind) ==
          "drafts/a:2: sections are nested more than 32 deep here\n");
}

TEST_CASE("hostile input takes no longer than its size deserves") {
  const auto lines_of = [](std::string_view piece, std::size_t line) {
    std::string text;
    for (std::size_t i = 0; i < 200'000; i += piece.size()) {
      text += piece;
      if (text.size() % line < piece.size()) text += '\n';
    }
    return text;
  };
  for (const char* piece : {"[", "a@", "*a **", "<a ", "~~a ", "&", "<!", "`", "[^a]"})
    CHECK_FALSE(text_of(lines_of(piece, 50'000)).empty());
  for (const char* piece : {"<{{subscriber.name}}", "<{{unsubscribe_url}}> ", "&#12", "|a",
                            "{{#subscriber.name}}a{{/subscriber.name}}", "<b title=\"{{.}}\">"})
    CHECK_FALSE(text_of(lines_of(piece, 500)).empty());
  CHECK_FALSE(body_of(lines_of("<b", 50'000) + ">", BodyKind::html).html.empty());
  const auto quotes = lines_of("<blockquote>", 50'000);
  CHECK_FALSE(body_of(quotes + lines_of("</li><li>x", 50'000), BodyKind::html).text.empty());
  CHECK_FALSE(text_of("- - - - - - x\n" + std::string(500'000, '\n')).empty());
  std::string headings;
  for (int i = 0; i < 100'000; ++i) headings += "## h\n";
  CHECK(body_of(headings).headings.size() == 100'000);
}
