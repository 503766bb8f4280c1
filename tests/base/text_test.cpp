#include "base/text.h"

#include <array>
#include <doctest/doctest.h>

using namespace postrider;

TEST_CASE("well-formed UTF-8 is told from malformed by its first bad octet") {
  CHECK(is_utf8("plain, Größe, 中国, 🇰🇿, مرحبا"));
  CHECK(first_invalid_utf8("ab\xFF") == 2);
  CHECK(first_invalid_utf8("a\xC0\xAF") == 1);         // overlong
  CHECK(first_invalid_utf8("\xED\xA0\x80") == 0);      // a surrogate
  CHECK(first_invalid_utf8("\xF4\x90\x80\x80") == 0);  // beyond U+10FFFF
  CHECK(first_invalid_utf8("x\xE4\xB8") == 1);         // cut
}

TEST_CASE("characters are taken one by one, octets where there are none") {
  std::string_view text = "aé中🎉\xC3(";
  std::u32string taken;
  while (!text.empty()) taken += take_character(text);
  CHECK(taken == U"aé中🎉\uFFFD(");
}

TEST_CASE("DNS names are told by their labels") {
  const std::string label(63, 'a');
  for (const auto& good : {std::string("a"), std::string("smtp.Report.example"),
                           std::string("_dmarc.x-1"), label + "." + label})
    CHECK_MESSAGE(is_dns_name(good), good);
  for (const auto& wrong :
       {std::string(""), std::string("a..b"), std::string("a."), std::string("-a.b"),
        std::string("a-.b"), std::string("a b"), std::string("ä.b"), label + "a",
        label + "." + label + "." + label + "." + label})
    CHECK_MESSAGE(!is_dns_name(wrong), wrong);
}

TEST_CASE("text is cut between characters") {
  CHECK(cut_utf8("中国", 6) == "中国");
  CHECK(cut_utf8("中国", 5) == "中");
  CHECK(cut_utf8("中国", 2).empty());
}

TEST_CASE("what steers a terminal becomes a question mark") {
  CHECK(printable("a\x1b[31mb\r\nc") == "a?[31mb??c");
  CHECK(printable("\xC2\x9B"
                  "31m") == "?31m");
  CHECK(printable("gr\xFC\xDF") == "gr??");
  CHECK(printable("größe …") == "größe …");
}

TEST_CASE("columns are counted as a terminal shows them") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("中国") == 4);
  CHECK(display_width("e\xCC\x81") == 1);
  CHECK(display_width("🎉") == 2);
}

TEST_CASE("base64url has one spelling") {
  std::vector<std::uint8_t> bytes;
  CHECK(from_base64url("_-8", bytes));
  CHECK(base64url(bytes) == "_-8");
  CHECK_FALSE(from_base64url("_-9", bytes));  // the last bits are not zero
  CHECK_FALSE(from_base64url("_-8=", bytes));
  CHECK_FALSE(from_base64url("A", bytes));
}

TEST_CASE("base64 is padded") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("a misspelt word finds its neighbour, a strange one finds none") {
  const std::vector<std::string> known{"title", "subtitle", "status", "send_at"};
  CHECK(nearest("titel", known) == "title");
  CHECK(nearest("sendat", known) == "send_at");
  CHECK(nearest("banana", known).empty());
  // One letter of a short word, two of one of five to eight, a third of a longer one.
  CHECK(nearest("tpo", std::vector<std::string>{"tip"}).empty());
  CHECK(nearest("tap", std::vector<std::string>{"tip"}) == "tip");
  CHECK(nearest("tatel", std::vector<std::string>{"title"}) == "");
  CHECK(nearest("tatla", std::vector<std::string>{"title"}) == "title");
  CHECK(nearest("subtxxxe", std::vector<std::string>{"subtitle"}).empty());
  CHECK(nearest("subtixxe", std::vector<std::string>{"subtitle"}) == "subtitle");
  CHECK(nearest("max_xxxeness", std::vector<std::string>{"max_lateness"}) == "max_lateness");
}

TEST_CASE("numbers are grouped for people") {
  CHECK(with_thousands(7) == "7");
  CHECK(with_thousands(1234567) == "1,234,567");
  CHECK(with_thousands(-123456) == "-123,456");
  CHECK(counted(1, "reader") == "1 reader");
  CHECK(counted(1300, "reader") == "1,300 readers");
}

TEST_CASE("a split text keeps its empty parts") {
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
}

TEST_CASE("a field of CSV stands in quotes where it must") {
  CHECK(csv_quoted("Ann Lee") == "Ann Lee");
  CHECK(csv_quoted("Lee, Ann") == "\"Lee, Ann\"");
  CHECK(csv_quoted("said \"hi\"") == "\"said \"\"hi\"\"\"");
  CHECK(csv_quoted("two\nlines") == "\"two\nlines\"");
}

TEST_CASE("what is put in the place of a text is not replaced again") {
  CHECK(replace_all("a-a", "a", "aa") == "aa-aa");
  CHECK(replace_all("", "a", "b").empty());
}

TEST_CASE("texts are joined by what stands between each two") {
  CHECK(join(std::vector<std::string>{"a", "", "c"}, ", ") == "a, , c");
  CHECK(join(std::array<std::string_view, 1>{"a"}, ", ") == "a");
  CHECK(join(std::vector<std::string>{}, ", ").empty());
}
