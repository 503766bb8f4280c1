// The values in lists: dates, tags, JSON and Python's literals, guarded cells, stray blanks.
#include <doctest/doctest.h>
#include <sstream>

#include "subscribers/dump.h"
#include "subscribers/formats/date.h"
#include "subscribers/formats/json_text.h"

using namespace postrider;
using namespace postrider::subscribers;
using postrider::test::dump_rows;

namespace {

std::string date(std::string_view text) {
  const auto instant = parse_date(text);
  return instant ? rfc3339(*instant) : "none";
}

std::string members(const std::optional<Members>& all) {
  if (!all) return "none";
  std::string text;
  for (const auto& [key, value] : *all) text += (text.empty() ? "" : " ") + key + "=" + value;
  return text;
}

std::string python(std::string_view text) { return members(python_members(text)); }

std::string row(const std::string& header, const std::string& fields) {
  std::istringstream in("email," + header + "\na@reader.example," + fields + "\n");
  auto source = Source::open(in, Format::automatic);
  return source ? dump_rows(*source) : source.error().message;
}

}  // namespace

TEST_CASE("dates that platforms write") {
  CHECK(date("2022-01-08T10:11:12.345Z") == "2022-01-08T10:11:12.345Z");
  CHECK(date("2022-01-08T10:11:12.123456789Z") == "2022-01-08T10:11:12.123Z");
  CHECK(date("2022-01-08 10:11:12") == "2022-01-08T10:11:12Z");
  CHECK(date(" 2022-01-08 10:11 ") == "2022-01-08T10:11:00Z");
  CHECK(date("2022-01-08") == "2022-01-08T00:00:00Z");
  CHECK(date("2022-01-08T10:11:12+06:00") == "2022-01-08T04:11:12Z");
  CHECK(date("2022-01-08 10:11:12.5+0530") == "2022-01-08T04:41:12.500Z");
  CHECK(date("2022-01-08 10:11:12 -05") == "2022-01-08T15:11:12Z");
  CHECK(date("2022-01-08 10:11:12 UTC") == "2022-01-08T10:11:12Z");
  CHECK(date("2022-01-08 10:11:12 EST") == "2022-01-08T15:11:12Z");
  CHECK(date("2022-07-08 10:11:12 Europe/Berlin") == "2022-07-08T08:11:12Z");
  CHECK(date("Jan 8, 2022") == "2022-01-08T00:00:00Z");
  CHECK(date("8 January 2022 10:11:12 GMT") == "2022-01-08T10:11:12Z");
  CHECK(date("Sept. 30, 2022, 23:59") == "2022-09-30T23:59:00Z");
}

TEST_CASE("dates that are not sure are none") {
  for (const auto* text : {"",
                           "08/01/2022",
                           "8.1.2022",
                           "2022-13-01",
                           "2022-02-30",
                           "2022-01-08T25:00:00Z",
                           "2022-01-08 10:11:12 CST",
                           "2022-01-08 10:11:12 Atlantis/City",
                           "2022-01-08 10:11:12.Z",
                           "2022-01-08 10:11:12 +15:00",
                           "2022-01-08 10:11:12 +01:00x",
                           "2022-01-0",
                           "yesterday",
                           "1641636672",
                           "Jan 32, 2022",
                           "Ja 8, 2022",
                           "Jan 8 22",
                           "2022-01-08x",
                           "+",
                           "-"})
    CHECK_MESSAGE(date(text) == "none", text);
}

TEST_CASE("tags are a list") {
  CHECK(json_array("vip, press ,, ", ",") == "[\"vip\",\"press\"]");
  CHECK(json_array("vip; a,b", ";") == "[\"vip\",\"a,b\"]");
  CHECK(json_array("\"a, b\" , c\"d, \"say \"\"hi\"\"\"", ",") ==
        "[\"a, b\",\"c\\\"d\",\"say \\\"hi\\\"\"]");
  CHECK(json_array("[\"a\", \"b, c\"]", ",") == "[\"a\",\"b, c\"]");
  CHECK(json_array("[1]", ",") == "[\"[1]\"]");
  CHECK(json_array("\"open, b", ",") == "[\"\\\"open\",\"b\"]");
  CHECK(json_array(" , ", ",").empty());
  CHECK(json_array("[]", ",").empty());
}

TEST_CASE("JSON columns keep their types") {
  CHECK(members(json_members("{\"a\": 1, \"b\": [true, null], \"c\": {\"d\": \"é\"}}")) ==
        "a=1 b=[true,null] c={\"d\":\"é\"}");
  CHECK(members(json_members("[1]")) == "none");
  CHECK(members(json_members("{\"a\": 1")) == "none");
  const auto deep = [](int depth) {
    return "{\"a\": " + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
  };
  CHECK(members(json_members(deep(20))) != "none");
  CHECK(members(json_members(deep(50'000))) == "none");
  CHECK(members(python_members(deep(50'000))) == "none");
}

TEST_CASE("Python's dicts of plain values") {
  CHECK(python("{}").empty());
  CHECK(python("{'a': 'b', \"c\": \"it's\",}") == "a=\"b\" c=\"it's\"");
  CHECK(python("{'t': True, 'f': False, 'n': None}") == "t=true f=false n=null");
  CHECK(python("{'i': -12, 'f': 1.5e-3, 'z': 0}") == "i=-12 f=1.5e-3 z=0");
  CHECK(python("{'l': [1, 'a'], 'u': (1,), 'd': {'e': {}}, 'x': []}") ==
        "l=[1,\"a\"] u=[1] d={\"e\":{}} x=[]");
  CHECK(python("{'s': 'a\\n\\'\\\\ \\xe9 \\u0416 \\U0001f600'}") == "s=\"a\\n'\\\\ é Ж 😀\"");
  for (const auto* text :
       {"", "'a'", "{'a'}", "{'a': }", "{1: 'a'}", "{'a': b}", "{'a': 1} x", "{'a': 1",
        "{'a': datetime.date(2022, 1, 8)}", "{'a': 'b' 'c'}", "{'a': inf}", "{'a': 007}",
        "{'a': 1_000}", "{'a': '\\q'}", "{'a': '\\ud800'}", "{'a': Trueish}", "{'a': b'x'}",
        "{'a': 'x\ny'}", "__import__('os').system('true')"})
    CHECK_MESSAGE(python(text) == "none", text);
}

TEST_CASE("cells that were kept from being formulas are taken back") {
  CHECK(row("n", "'=1+1") == "1:2 a@reader.example | n = \"=1+1\"\n");
  CHECK(row("n", "'-5") == "1:2 a@reader.example | n = \"-5\"\n");
  CHECK(row("n", "'@x") == "1:2 a@reader.example | n = \"@x\"\n");
  CHECK(row("n", "'n Beetje") == "1:2 a@reader.example | n = \"'n Beetje\"\n");
  CHECK(row("n", "'") == "1:2 a@reader.example | n = \"'\"\n");
}

TEST_CASE("blanks that nobody sees go from around an address") {
  std::istringstream in("name,email\nAnn,\u00A0 \uFEFFa@reader.example\u200B \u3000\n");
  auto source = Source::open(in, Format::automatic);
  REQUIRE(source);
  CHECK(dump_rows(*source) == "1:2 a@reader.example | name Ann\n");
}

TEST_CASE("languages and time zones are known or kept as attributes") {
  CHECK(row("language,time zone", "pt_BR,America/Sao_Paulo") ==
        "1:2 a@reader.example | language pt-BR | zone America/Sao_Paulo\n");
  CHECK(row("locale", "zh-Hant-TW") == "1:2 a@reader.example | language zh-Hant-TW\n");
  const auto odd = row("lang,tz", "Deutsch!,../etc/passwd");
  CHECK(odd.find("! 1:2 unknown language: ") == 0);
  CHECK(odd.find("\n! 1:2 unknown time zone: ") != std::string::npos);
  CHECK(odd.find("| lang = \"Deutsch!\" | tz = \"../etc/passwd\"\n") != std::string::npos);
}

TEST_CASE("of two columns for one thing the better known counts, the other is an attribute") {
  CHECK(row("mail,language,locale", "b@reader.example,de,en") ==
        "1:2 a@reader.example | language de | mail = \"b@reader.example\" | locale = \"en\"\n");
}

TEST_CASE("Windows-1252 is told with how to save it") {
  const auto told = row("name", "J\xF6rg");
  CHECK(
      told.find("- 1:2 no UTF-8: its letters look like Windows-1252 or Latin-1; save it as CSV in "
                "UTF-8 (Excel: CSV UTF-8;") == 0);
}

TEST_CASE("other kinds of files are told apart") {
  const auto open = [](const std::string& text) {
    std::istringstream in(text);
    const auto source = Source::open(in, Format::automatic);
    return source ? "a list" : source.error().message;
  };
  CHECK(open("\xD0\xCF\x11\xE0\xA1\xB1").starts_with("is an old Excel workbook; "));
  CHECK(open("\x1F\x8B\x08").starts_with("is packed by gzip; "));
  CHECK(open("%PDF-1.7\n").starts_with("is a PDF; "));
  CHECK(open("PK,email\n1,a@reader.example\n") == "a list");
}

TEST_CASE("formats are named as the manual does") {
  CHECK(format_names() ==
        "auto, csv, substack, mailchimp, ghost, listmonk, buttondown, keila, beehiiv, postrider");
  for (const auto* name : {"auto", "csv", "ghost", "beehiiv"})
    CHECK(to_string(*parse_format(name)) == name);
  CHECK(!parse_format("Ghost"));
}

TEST_CASE("who left and bounced as well has left, and is suppressed beside that") {
  for (const auto* fields : {"2022-01-08,yes", "yes,2022-01-08"}) {
    CHECK(row("unsubscribed,bounced", fields).find("is unsubscribed | suppressed bounced") !=
          std::string::npos);
    CHECK(row("bounced,unsubscribed", fields).find("is unsubscribed | suppressed bounced") !=
          std::string::npos);
  }
  CHECK(row("unsubscribed,bounced", "no,yes").find("is bounced") != std::string::npos);
  CHECK(row("bounced,unsubscribed,complained", "yes,yes,yes").find("is complained") !=
        std::string::npos);
}

TEST_CASE("a name that is too long is cut between its letters, and told") {
  const std::string most(200, 'a');
  CHECK(row("name", most) == "1:2 a@reader.example | name " + most + "\n");
  std::string letters;
  for (int i = 0; i < 150; ++i) letters += "\u0416";
  const auto told = row("name", "a" + letters);
  CHECK(told.starts_with(
      "! 1:2 name cut: a name has at most 200 octets; this one, of 301, is cut there\n"));
  CHECK(told.ends_with(" | name a" + letters.substr(0, 198) + "\n"));
  CHECK(row("first name,last name", most + "," + most).starts_with("! 1:2 name cut: "));
}
