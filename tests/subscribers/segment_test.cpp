// What a segment's text means, and what is said of a wrong one.
#include "subscribers/segment.h"

#include <doctest/doctest.h>
#include <random>

#include "base/text.h"
#include "subscribers/segment_parser.h"
#include "subscribers/segment_spelling.h"
#include "support/text.h"

using namespace postrider;
using namespace postrider::subscribers::segment;
using test::has;

namespace {

Terms terms() {
  return {{"country", "age", "tags", "Best colour", "address", "a.b", "domain", "it's"},
          {"report", "digest"},
          {"2022-01-10-kazakhstan"},
          {{"kz", "country = 'KZ'"},
           {"both", "segment('kz') and age > 17"},
           {"round", "segment('about')"},
           {"about", "not segment('round')"},
           {"wrong", "contry = 'KZ'"}},
          "America/New_York"};
}

std::string lines(const Node& node, int depth = 0) {
  auto all = std::string(static_cast<std::size_t>(depth), ' ') + describe(node) + "\n";
  for (const auto& child : node.children) all += lines(child, depth + 1);
  return all;
}

/// The tree in words, or what is wrong with its text.
std::string read_condition(std::string_view text) {
  const auto node = read_segment(text, terms());
  return node ? lines(*node) : to_string(node.error()) + "\n";
}

std::string excerpt(std::string_view text) {
  const auto node = read_segment(text, terms());
  return node ? "" : node.error().excerpt;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("and binds closer than or, not closest; brackets are read, keywords in capitals too") {
  CHECK(read_condition("country = 'KZ' and not tag('vip') and joined > 2022-01-01") ==
        "all of\n country is 'KZ'\n not\n  has the tag 'vip'\n joined is after 2022-01-01\n");
  CHECK(read_condition("age = 1 OR age = 2 AND age = 3") ==
        "at least one of\n age is 1\n all of\n  age is 2\n  age is 3\n");
  CHECK(read_condition("(age = 1 or age = 2) and age = 3") ==
        "all of\n at least one of\n  age is 1\n  age is 2\n age is 3\n");
  CHECK(read_condition("(age = 1 and (age = 2 and age = 3))") ==
        "all of\n age is 1\n age is 2\n age is 3\n");
  CHECK(read_condition("not not age = 1") == "age is 1\n");
}

TEST_CASE("every operator, field and function") {
  CHECK(read_condition("age != 1") == "age is not 1\n");
  CHECK(read_condition("age < -2.5") == "age is less than -2.5\n");
  CHECK(read_condition("age <= 1") == "age is at most 1\n");
  CHECK(read_condition("age>=1") == "age is at least 1\n");
  CHECK(read_condition("country > 'K'") == "country sorts after 'K'\n");
  CHECK(read_condition("country in ('KZ', 'it''s', 5, true)") ==
        "country is one of 'KZ', 'it''s', 5, true\n");
  CHECK(read_condition("name contains 'joe'") == "name contains 'joe'\n");
  CHECK(read_condition("email STARTS WITH 'joe'") == "email starts with 'joe'\n");
  CHECK(read_condition("name is set") == "name is set\n");
  CHECK(read_condition("last_got is missing") == "last_got is missing\n");
  CHECK(read_condition("age = TRUE") == "age is true\n");
  CHECK(read_condition("on('report') or got('2022-01-10-kazakhstan') or got_any()") ==
        "at least one of\n is confirmed on the list 'report'\n got the issue "
        "'2022-01-10-kazakhstan'\n got any issue\n");
}

TEST_CASE("names of attributes: bare, prefixed, in quotes, with a dot, within objects") {
  CHECK(read_condition("attributes.country = 'KZ'") == "country is 'KZ'\n");
  CHECK(read_condition("\"Best colour\" = 'red'") == "Best colour is 'red'\n");
  CHECK(read_condition("attributes.\"it's\" = 'red'") == "it's is 'red'\n");
  CHECK(read_condition("a.b = 'x'") == "a.b is 'x'\n");
  CHECK(read_condition("address.city = 'Almaty'") == "address.city is 'Almaty'\n");
  CHECK(read_condition("domain = 'GMAIL.com'") == "domain is 'gmail.com'\n");
  CHECK(read_condition("attributes.domain = 'GMAIL.com'") == "attributes.domain is 'GMAIL.com'\n");
}

TEST_CASE("addresses and domains are compared in the form in which they are known") {
  CHECK(read_condition("email = ' Joe@Report.EXAMPLE'") == "email is 'joe@report.example'\n");
  CHECK(read_condition("domain in ('почта.рф')") == "domain is one of 'xn--80a1acny.xn--p1ai'\n");
  CHECK(has(read_condition("email = 'joe'"), "column 9: 'joe' is no address; `email contains"));
  CHECK(has(read_condition("domain = 'a b'"), "column 10: 'a b' is no domain"));
}

TEST_CASE("a date stands for its day, minute or second in the publication's zone") {
  const auto span = [](const std::string& written) {
    const auto node = read_segment("joined = " + written, terms());
    REQUIRE(node);
    const auto& date = std::get<DateSpan>(std::get<Compare>(node->what).value);
    return rfc3339(date.begin) + " " + rfc3339(date.end);
  };
  CHECK(span("2022-01-01") == "2022-01-01T05:00:00Z 2022-01-02T05:00:00Z");
  CHECK(span("2022-03-13") == "2022-03-13T05:00:00Z 2022-03-14T04:00:00Z");  // 23 hours
  CHECK(span("2022-01-01T08:00") == "2022-01-01T13:00:00Z 2022-01-01T13:01:00Z");
  CHECK(span("2022-01-01T08:00:30") == "2022-01-01T13:00:30Z 2022-01-01T13:00:31Z");
  CHECK(span("2022-01-01T08:00Z") == "2022-01-01T08:00:00Z 2022-01-01T08:01:00Z");
  CHECK(span("2022-01-01T08:00:30+02:00") == "2022-01-01T06:00:30Z 2022-01-01T06:00:31Z");
}

TEST_CASE("saved segments: by name alone, within others, never within themselves") {
  CHECK(read_condition("kz") == "the segment 'kz'\n country is 'KZ'\n");
  CHECK(read_condition(" both ") ==
        "the segment 'both'\n all of\n  the segment 'kz'\n   country is 'KZ'\n  age is more than "
        "17\n");
  CHECK(has(read_condition("not segment('round')"),
            "the saved segment 'round' leads back to itself"));
  CHECK(has(read_condition("segment('kx')"), "there is no saved segment 'kx'"));
  CHECK(has(read_condition("Both"), "'Both'; did you mean segment('both')?"));
  CHECK(
      read_condition("segment('wrong')") ==
      "column 9: in the saved segment 'wrong', column 1: no reader has an attribute 'contry'; did "
      "you mean 'country'?\n");
}

TEST_CASE("an unknown name is told with its place and the nearest known one") {
  CHECK(read_condition("age = 1 and contry = 'KZ'") ==
        "column 13: no reader has an attribute 'contry'; did you mean 'country'?\n");
  CHECK(excerpt("age = 1 and contry = 'KZ'") == "age = 1 and contry = 'KZ'\n            ^~~~~~");
  CHECK(excerpt("age = 1 and\n  contry = 'KZ'") == "  contry = 'KZ'\n  ^~~~~~");
  CHECK(has(read_condition("age = 1 and\n  contry = 'KZ'"), "line 2, column 3: "));
  CHECK(read_condition("COUNTRY = 'KZ'") ==
        "column 1: no reader has an attribute 'COUNTRY'; did you mean 'country'? Case counts\n");
  CHECK(has(read_condition("Joined = 2022-01-01"), "did you mean 'joined'? Case counts"));
  CHECK(has(read_condition("zzzzzzz = 1"), "there are: Best colour, a.b, address, age, country, "));
  CHECK(
      has(read_condition("tags('vip')"), "column 1: there is no function tags; did you mean tag?"));
  CHECK(has(read_condition("on('reprot')"),
            "column 4: there is no list 'reprot'; did you mean 'report'?"));
  CHECK(
      has(read_condition("got('2022-01-10-kazakstan')"), "did you mean '2022-01-10-kazakhstan'?"));
  // Wide characters before it: the caret stands below it on a terminal.
  CHECK(excerpt("country = '中文' and contry = 1") ==
        "country = '中文' and contry = 1\n                     ^~~~~~");
  CHECK(has(read_condition("country = '中文' and contry = 1"), "column 20: "));
}

TEST_CASE("kinds that cannot be compared are told") {
  CHECK(has(read_condition("joined > '2022-01-01'"),
            "column 10: joined is a date; compare it with one"));
  CHECK(has(read_condition("last_got = 5"), "last_got is a date"));
  CHECK(has(read_condition("joined contains '2022'"), "joined is a date, not a text"));
  CHECK(has(read_condition("name = 5"), "name is a text; compare it with one, in single quotes"));
  CHECK(has(read_condition("email > 2022-01-01"), "email is a text"));
  CHECK(has(read_condition("age > true"), "true and false have no order"));
  CHECK(has(read_condition("country = ''"), "write `country is missing`"));
  CHECK(has(read_condition("country contains 5"), "a text in single quotes stands here"));
  CHECK(has(read_condition("age = 2022-02-31"), "'2022-02-31' is neither a number"));
  CHECK(has(read_condition("age = 12:30"), "'12:30' is neither a number"));
  CHECK(has(read_condition("age = 1e5"), "'1e5' is neither a number"));
}

TEST_CASE("what others write instead is told") {
  CHECK(has(read_condition("country == 'KZ'"), "== is not known; write ="));
  CHECK(has(read_condition("country <> 'KZ'"), "<> is not known; write !="));
  CHECK(has(read_condition("age = 1 && age = 2"), "&& is not known; write and"));
  CHECK(has(read_condition("age = 1 || age = 2"), "write or"));
  CHECK(has(read_condition("country = ‘KZ’"), "straight quotes"));
  CHECK(has(read_condition("country = KZ"), "a text stands in single quotes: 'KZ'"));
  CHECK(has(read_condition("country = \"KZ\""), "a text stands in single quotes: 'KZ'"));
  CHECK(has(read_condition("country not in ('KZ')"), "not stands before the whole condition"));
  CHECK(has(read_condition("'KZ' = country"), "a condition begins with a field"));
}

TEST_CASE("half a segment is told where it breaks off") {
  CHECK(has(read_condition(""), "column 1: the segment is empty"));
  CHECK(has(read_condition("  "), "the segment is empty"));
  CHECK(has(read_condition("country"), "column 8: behind country one of"));
  CHECK(has(read_condition("country ="), "column 10: a value is missing"));
  CHECK(has(read_condition("country = 'KZ"), "column 11: this ' is never closed"));
  CHECK(has(read_condition("\"country"), "this \" is never closed"));
  CHECK(has(read_condition("(age = 1"), "column 1: this ( is never closed"));
  CHECK(has(read_condition("age = 1)"), "column 8: this ) closes nothing"));
  CHECK(has(read_condition("age = 1 age = 2"), "column 9: a condition ends before this"));
  CHECK(has(read_condition("age = 1 and"), "a condition is missing here"));
  CHECK(has(read_condition("and age = 1"), "a condition is missing before this"));
  CHECK(has(read_condition("age = 1 and or age = 2"), "a condition is missing before this"));
  CHECK(has(read_condition("age in ()"), "a value is missing here"));
  CHECK(has(read_condition("age in 5"), "write the values in brackets"));
  CHECK(has(read_condition("age in (1 2)"), "write , before another value"));
  CHECK(has(read_condition("age is"), "write `is set` or `is missing`"));
  CHECK(has(read_condition("tag()"), "tag(…) takes a text"));
  CHECK(has(read_condition("tag('a', 'b')"), "takes one text"));
  CHECK(has(read_condition("got_any('a')"), "got_any() takes nothing"));
  CHECK(has(read_condition("attributes. = 1"), "a name is missing behind the dot"));
}

TEST_CASE("what is hostile is refused, and shown without harm") {
  CHECK(has(read_condition(repeated("(", 5000) + "age = 1"), "nested too deeply"));
  CHECK(has(read_condition(repeated("not ", 2400) + "age = 1"), "nested too deeply"));
  CHECK(has(
      read_condition(repeated("(age = 1 and (age = 2 or ", 20) + "age = 3" + repeated("))", 20)),
      "nested too deeply"));
  CHECK(has(read_condition("age = 1" + repeated(" or age = 1", 600)), "more than 500 conditions"));
  CHECK(has(read_condition(repeated("a", 10'001)), "longer than 10,000 octets"));
  CHECK(has(read_condition("country = 'K\x01Z'"), "column 13: a control character"));
  CHECK(has(read_condition(std::string("country = 'K\0Z'", 15)), "a control character"));
  CHECK(has(read_condition("country = 'K\nZ'"), "a line break stands in these quotes"));
  CHECK(has(read_condition("country = '\xFF'"), "no UTF-8"));
  CHECK(has(read_condition("country = 'x'; DROP TABLE subscribers"), "; is not known here"));
  CHECK(has(read_condition("country = 'x' -- '"), "is not known here"));
  CHECK(read_condition("country = '''; DROP TABLE subscribers; --'") ==
        "country is '''; DROP TABLE subscribers; --'\n");
  // A long line is cut to what stands around the place.
  CHECK(excerpt(repeated("age = 1 or ", 400) + "contry = 1").size() < 400);
  CHECK(excerpt("\x1B[31mage = 1").find('\x1B') == std::string::npos);
}

TEST_CASE("saved segments that name each other many times end at the limits") {
  auto known = terms();
  known.saved = {{"a", "age = 1 or age = 2"}};
  std::string before = "a";
  for (const auto* name : {"b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
    const auto call = "segment('" + before + "')";
    known.saved[name] = call + " or " + call + " or " + call + " or " + call;
    before = name;
  }
  const auto node = read_segment("j", known);
  REQUIRE(!node);
  CHECK(has(to_string(node.error()), "more than 500 conditions"));
}

TEST_CASE("whatever is written, it is read or refused") {
  std::mt19937 engine(7);
  const std::vector<std::string> pieces{
      "age = 5", "tag('x')", "country", "age", "and",  "or",         "not", "(", ")",
      "=",       "!=",       "'KZ'",    "5",   "in",   ",",          ".",   "'", "\"",
      "is",      "set",      "tag(",    "é",   "\xC3", "2022-01-01", " "};
  int good = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto left = engine() % 9; left > 0; --left) text += pieces[engine() % pieces.size()] + " ";
    const auto node = read_segment(text, terms());
    if (node)
      ++good;
    else
      CHECK(is_utf8(node.error().excerpt + node.error().message));
  }
  CHECK(good > 100);
}

TEST_CASE("a segment spelled out names no saved one any more") {
  Terms terms;
  terms.attributes = {"country", "segment"};
  terms.saved = {{"kz", " country = 'KZ' "}, {"both", "segment('kz') or\nsegment ( 'kz' )"}};
  for (const auto& [text, told] : {std::pair{" kz ", "country = 'KZ'"},
                                   {"not segment('kz')", "not (country = 'KZ')"},
                                   {"both", "(country = 'KZ') or\n(country = 'KZ')"},
                                   {"segment in ('kz') and country = 'segment(''kz'')'",
                                    "segment in ('kz') and country = 'segment(''kz'')'"}}) {
    REQUIRE(read_segment(text, terms));
    CHECK(spelled_out(text, terms) == told);
    CHECK(read_segment(told, terms));
  }
}
