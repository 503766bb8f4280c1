#include "templates/styles.h"

#include <doctest/doctest.h>

namespace postrider::templates {

namespace {

Styles styles_of(std::string_view css) {
  const auto styles = parse_styles(css, "theme/elements.css");
  REQUIRE(styles.has_value());
  return *styles;
}

Fault fault_of(std::string_view css) {
  const auto styles = parse_styles(css, "theme/elements.css");
  REQUIRE_FALSE(styles.has_value());
  return styles.error().front();
}

}  // namespace

TEST_CASE("declarations are written as short as they can be") {
  const auto styles = styles_of("p { margin: 0 0 18px; color : red; }\n");
  CHECK(styles.at("p") == "margin:0 0 18px;color:red");
}

TEST_CASE("an outer and an inner element make one selector, however many blanks are between") {
  CHECK(styles_of("blockquote   p{margin:0}").contains("blockquote p"));
}

TEST_CASE("comments and an empty stylesheet are no rules") {
  CHECK(styles_of("").empty());
  CHECK(styles_of("/* nothing */").empty());
  CHECK(styles_of("/* a *//* b */ p { margin: 0 } /* c */").size() == 1);
}

TEST_CASE("what cannot be written into a mail is a fault with its line") {
  for (const std::string_view css :
       {"p.note { margin: 0 }", "#id { margin: 0 }", "* { margin: 0 }",
        "@media print { p { margin: 0 } }", "a:hover { color: red }", "p { margin: 0", "p",
        "p { content: \"x\" }", "p { color: red</style> }", "{ margin: 0 }", "/*/ p"}) {
    CAPTURE(css);
    CHECK(fault_of(css).line == 1);
  }
  CHECK(fault_of("/* two\nlines */\n\np { margin: 0 }\n.x { margin: 0 }\n").line == 5);
  CHECK(fault_of(".x { margin: 0 }").file == "theme/elements.css");
}

TEST_CASE("a declaration without its colon, property or value is a fault with its line") {
  for (const std::string_view css :
       {"p { color red; margin 3 }", "p { : 3 }", "p { margin: ; }", "p { margin: 0 color: red }",
        "p { margin: 0 }\n\nh1 {\n  color red\n}"}) {
    CAPTURE(css);
    CHECK(fault_of(css).line == (css.find('\n') == css.npos ? 1 : 4));
  }
  CHECK(to_string(fault_of("p { color red; margin: 3px }")) ==
        "theme/elements.css:1: p: 'color red' is no declaration; write property: value;");
}

TEST_CASE("a comment that never ends is a fault, since it would swallow what follows") {
  CHECK(to_string(fault_of("p { margin: 0 }\n/* a\nh1 { margin: 0 }\n")) ==
        "theme/elements.css:2: a comment begins here and never ends");
}

TEST_CASE("each element gets its style") {
  const auto styles = styles_of("p { margin: 0 } a { color: red }");
  CHECK(with_styles("<p>x <a href=\"#y\">y</a></p>", styles) ==
        "<p style=\"margin:0\">x <a style=\"color:red\" href=\"#y\">y</a></p>");
}

TEST_CASE("a style of the writer's own stays") {
  const auto styles = styles_of("p { margin: 0 }");
  CHECK(with_styles("<p style=\"margin:9px\">x</p>", styles) == "<p style=\"margin:9px\">x</p>");
}

TEST_CASE("an element inside another looks as that rule says, also further down") {
  const auto styles = styles_of("p { margin: 0 } blockquote p { margin: 1px }");
  CHECK(with_styles("<blockquote><div><p>x</p></div></blockquote><p>y</p>", styles) ==
        "<blockquote><div><p style=\"margin:1px\">x</p></div></blockquote><p "
        "style=\"margin:0\">y</p>");
}

TEST_CASE("void elements and stray closing tags do not upset what is open") {
  const auto styles = styles_of("blockquote p { margin: 1px }");
  CHECK(with_styles("<blockquote><br>x<hr></i><p>y</p></blockquote><p>z</p>", styles) ==
        "<blockquote><br>x<hr></i><p style=\"margin:1px\">y</p></blockquote><p>z</p>");
}

TEST_CASE("elements that are never closed take no longer than their number deserves") {
  const auto styles = styles_of("p { margin: 0 } blockquote p { margin: 1px } b p { margin: 2px }");
  for (const std::string piece : {"x<br>", "<p>x", "<p></i>", "<blockquote><p>", "<b></p>"}) {
    std::string html;
    for (int i = 0; i < 60'000; ++i) html += piece;
    CHECK(with_styles(html, styles).size() >= html.size());
  }
}

TEST_CASE("the innermost element that a rule names wins") {
  const auto styles = styles_of("a p { margin: 1px } b p { margin: 2px }");
  CHECK(with_styles("<b><a><b></b><p>x</p></a><p>y</p></b>", styles) ==
        "<b><a><b></b><p style=\"margin:1px\">x</p></a><p style=\"margin:2px\">y</p></b>");
}

TEST_CASE("comments of the document and half a tag at its end are left alone") {
  const auto styles = styles_of("p { margin: 0 }");
  CHECK(with_styles("<!-- <p> --><p>x", styles) == "<!-- <p> --><p style=\"margin:0\">x");
  CHECK(with_styles("x <p", styles) == "x <p");
  CHECK(with_styles("a < b", styles) == "a < b");
}

TEST_CASE("a column's own alignment wins over the theme's") {
  const auto styles = styles_of("th { margin: 0; text-align: start; color: red }");
  CHECK(with_styles("<th align=\"right\">1</th><th>2</th>", styles) ==
        "<th style=\"margin:0;color:red\" align=\"right\">1</th>"
        "<th style=\"margin:0;text-align:start;color:red\">2</th>");
}

TEST_CASE("from right to left, left is right") {
  auto styles = styles_of(
      "blockquote { border-left: 3px solid red; padding: 1px 2px 3px 4px; text-align: left }"
      "p { margin: 0 0 18px; color: red }");
  mirror(styles);
  CHECK(styles.at("blockquote") ==
        "border-right:3px solid red;padding:1px 4px 3px 2px;text-align:right");
  CHECK(styles.at("p") == "margin:0 0 18px;color:red");
  mirror(styles);
  CHECK(styles.at("blockquote") ==
        "border-left:3px solid red;padding:1px 2px 3px 4px;text-align:left");
}

}  // namespace postrider::templates
