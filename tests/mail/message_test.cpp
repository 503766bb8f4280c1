#include "mail/message.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "base/text.h"
#include "mail/charset.h"

using namespace postrider::mail;
using postrider::is_utf8;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t n = 0; n < times; ++n) all += text;
  return all;
}

/// How many parts the tree has, and how deep it is.
struct Extent {
  int parts = 0;
  int depth = 0;
};

Extent extent(const Part& part, int depth = 0) {
  Extent all{1, depth};
  for (const auto& inner : part.parts) {
    const auto of = extent(inner, depth + 1);
    all.parts += of.parts;
    all.depth = std::max(all.depth, of.depth);
  }
  return all;
}

}  // namespace

TEST_CASE("fields are unfolded, decoded and named in lower case") {
  const auto message = read_message(
      "From MAILER-DAEMON Mon Jan 10 13:00:00 2022\n"
      "Subject: =?iso-8859-1?Q?Unzustellbar=3A_Gr=FC?=\r\n =?iso-8859-1?Q?=DFe?=\r\n"
      "X-Long : one\r\n\ttwo\r\n"
      "TO: joe@a.example\r\n"
      "\r\nbody\r\n");
  CHECK(message.root.field("subject") == "Unzustellbar: Grüße");
  CHECK(message.root.field("x-long") == "one two");
  CHECK(message.root.field("to") == "joe@a.example");
  CHECK(message.root.field("cc").empty());
  CHECK(message.root.content == "body\n");
  CHECK(message.root.type == "text/plain");
  CHECK_FALSE(message.cut);
}

TEST_CASE("a tree of parts, and the message within") {
  const auto message = read_message(
      "Content-Type: multipart/report; report-type=delivery-status;\r\n"
      "\tboundary=\"b 1\"\r\n\r\n"
      "preamble\r\n"
      "--b 1\r\n\r\nwords\r\n"
      "--b 1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n\r\n"
      "--b 1 \r\nContent-Type: message/rfc822\r\n\r\n"
      "Message-ID: <1@a.example>\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
      "--b\r\n\r\ninner\r\n--b--\r\n"
      "--b 1--\r\nepilogue\r\n");
  REQUIRE(message.root.parts.size() == 3);
  CHECK(message.root.type == "multipart/report");
  CHECK(message.root.parameters.at("report-type") == "delivery-status");
  CHECK(message.root.parts[0].content == "words");
  CHECK(message.root.parts[1].content == "Reporting-MTA: dns; a.example\n");
  REQUIRE(message.root.parts[2].parts.size() == 1);
  const auto& returned = message.root.parts[2].parts[0];
  CHECK(returned.field("message-id") == "<1@a.example>");
  REQUIRE(returned.parts.size() == 1);
  CHECK(returned.parts[0].content == "inner");
}

TEST_CASE("transfer encodings are undone, of a message within, too") {
  const auto message = read_message(
      "Content-Type: multipart/mixed; boundary=b\n\n"
      "--b\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; "
      "charset=utf-8\n\ncaf=C3=A9 =\nau lait\n"
      "--b\nContent-Transfer-Encoding: BASE64\nContent-Type: message/rfc822\n\n"
      "U3ViamVjdDogd2l0aGluCgp3b3Jkcwo=\n"
      "--b--\n");
  REQUIRE(message.root.parts.size() == 2);
  CHECK(message.root.parts[0].content == "café au lait");
  REQUIRE(message.root.parts[1].parts.size() == 1);
  CHECK(message.root.parts[1].parts[0].field("subject") == "within");
  CHECK(message.root.parts[1].parts[0].content == "words\n");
}

TEST_CASE("a page whose part names no charset is read by the one that its head names") {
  const std::string full =
      "\x83\x81\x81[\x83\x8B\x83{\x83"
      "b\x83N\x83X";  // in Shift_JIS
  const auto read = [&](const std::string& type, const std::string& head) {
    return read_message("Content-Type: " + type + "\n\n<html><head>" + head + "</head><body>" +
                        full + "</body></html>\n")
        .root.content;
  };
  const std::string meant = "メールボックス";
  for (const auto* head :
       {"<meta charset=shift_jis>", "<META CHARSET='Shift_JIS'/>",
        "<title>x</title><meta name=a content=b><meta charset = \"x\"><meta charset=\"shift_jis\">",
        "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=Shift_JIS\">"})
    CHECK_MESSAGE(read("text/html", head).find(meant) != std::string::npos, head);
  CHECK(read("text/html", "").find(meant) == std::string::npos);
  CHECK(read("text/html; charset=big5", "<meta charset=shift_jis>").find(meant) ==
        std::string::npos);
  CHECK(read("text/plain", "<meta charset=shift_jis>").find(meant) == std::string::npos);
  CHECK(read("text/html", "<meta charset=").find(meant) == std::string::npos);
}

TEST_CASE("text of whatever charset, said or not, is UTF-8") {
  const std::string japanese = "\x1B$B%f!<%6$,B8:_$7$^$;$s\x1B(B";
  CHECK(to_utf8(japanese, "iso-2022-jp") == "ユーザが存在しません");
  CHECK(to_utf8(japanese, "") == "ユーザが存在しません");
  const std::string chinese = "\xD3\xC3\xBB\xA7\xB2\xBB\xB4\xE6\xD4\xDA";
  for (const auto* charset : {"gb2312", "GBK", "gb18030", "us-ascii", "utf-8", "", "no-such"})
    CHECK_MESSAGE(to_utf8(chinese, charset) == "用户不存在", charset);
  CHECK(to_utf8("\xAB\x48\xBD\x63\xA4\x77\xBA\xA1", "big5") == "信箱已滿");
  const std::string koi = "\xD1\xDD\xC9\xCB \xD0\xC5\xD2\xC5\xD0\xCF\xCC\xCE\xC5\xCE";
  CHECK(to_utf8(koi, "koi8-r") == "ящик переполнен");
  CHECK(to_utf8(koi, "") == "ящик переполнен");
  CHECK(to_utf8("\xFF\xF9\xE8\xEA \xEF\xE5\xF0\xE5\xEF\xEE\xEB\xED\xE5\xED", "") ==
        "ящик переполнен");
  CHECK(to_utf8("Empf\xE4nger", "iso-8859-1") == "Empfänger");
  CHECK(to_utf8("Empf\xE4nger \x80", "utf-8") == "Empfänger €");
  CHECK(to_utf8("Empf\xC3\xA4nger", "iso-8859-1") == "Empfänger");
  CHECK(is_utf8(to_utf8("\xFF\xFE\x00\x81", "../../etc/passwd//TRANSLIT")));
}

TEST_CASE("a boundary that is missing or wrong is found") {
  for (const auto* type : {"multipart/report", "multipart/report; boundary=\"other\""}) {
    const auto message = read_message(std::string("Content-Type: ") + type +
                                      "\n\n--=_found\n\none\n--=_found\n\ntwo\n--=_found--\n");
    REQUIRE(message.root.parts.size() == 2);
    CHECK(message.root.parts[1].content == "two");
  }
  const auto none = read_message("Content-Type: multipart/report\n\njust words\n");
  CHECK(none.root.parts.empty());
  CHECK(none.root.content == "just words\n");
}

TEST_CASE("fields without a blank line behind them, and lone line ends") {
  const auto message = read_message("Subject: x\nnot a field\nTo: y\n");
  CHECK(message.root.fields.size() == 1);
  CHECK(message.root.content == "not a field\nTo: y\n");
  CHECK(read_message("\r\nA: b\r\n\r\nx\ry\0z").root.content == "x\ny");
  CHECK(read_message(std::string_view("A: b\0c\n\nx\0y", 11)).root.content == "x y");
  CHECK(read_message(std::string_view("A: b\0c\n\nx\0y", 11)).root.field("a") == "b c");
}

TEST_CASE("limits cut a tree; nothing is refused") {
  SUBCASE("10,000 multiparts in each other") {
    std::string bytes;
    for (int n = 0; n < 10'000; ++n) {
      const auto name = std::to_string(n);
      bytes += "Content-Type: multipart/mixed; boundary=b" + name + "\n\n--b" + name + "\n";
    }
    const auto message = read_message(bytes);
    CHECK(message.cut);
    CHECK(extent(message.root).depth == ReadLimits().depth);
  }
  SUBCASE("10,000 messages in each other") {
    const auto message = read_message(repeated("Content-Type: message/rfc822\n\n", 10'000));
    CHECK(message.cut);
    CHECK(extent(message.root).depth == ReadLimits().depth);
  }
  SUBCASE("100,000 parts") {
    const auto message = read_message("Content-Type: multipart/mixed; boundary=b\n\n" +
                                      repeated("--b\n\nx\n", 100'000));
    CHECK(message.cut);
    CHECK(extent(message.root).parts == ReadLimits().parts);
  }
  SUBCASE("one boundary at every depth") {
    const auto message =
        read_message(repeated("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 20'000));
    CHECK(extent(message.root).parts <= ReadLimits().parts);
  }
  SUBCASE("no boundary said at any depth") {
    const auto message =
        read_message(repeated("Content-Type: multipart/mixed\n\n--abcd\n", 20'000));
    CHECK(extent(message.root).parts <= ReadLimits().parts);
  }
  SUBCASE("a field without end, and one of a million octets") {
    CHECK(read_message("Subject: " + std::string(1'000'000, 'x')).cut);
    CHECK(read_message("Subject: x\n" + repeated(" more\n", 100'000)).cut);
    CHECK(read_message("Subject: " + repeated("=?utf-8?q?a?= ", 70'000)).cut);
    CHECK(read_message("Content-Type: " + repeated("text/plain; a=\"", 60'000)).cut);
    CHECK(read_message("Content-Type: text/plain" + repeated("; a*0=\"x\"", 60'000)).cut);
  }
  SUBCASE("fields without end") {
    const auto message = read_message(repeated("a:\n", 300'000));
    CHECK(message.cut);
    CHECK(message.root.fields.size() == 1000);
  }
  SUBCASE("one line of a million octets, and more than is read") {
    const ReadLimits limits{.octets = 1 << 20};
    CHECK_FALSE(read_message("\n\n" + std::string(1'000'000, 'x'), limits).cut);
    CHECK(read_message("\n\n" + std::string(1'100'000, 'x'), limits).cut);
    CHECK_FALSE(read_message("\n\n" + std::string(1'000'000, '\0'), limits).cut);
    CHECK_FALSE(read_message("Content-Type: text/plain; charset=gb18030\n\n" +
                             std::string(1'000'000, '\xFF'))
                    .cut);
  }
  SUBCASE("lines that are nearly boundaries") {
    const auto head = "Content-Type: multipart/mixed; boundary=b\n\n";
    CHECK_FALSE(read_message(head + repeated("--\n", 300'000)).cut);
    CHECK_FALSE(read_message(head + repeated("--b-\n", 150'000)).cut);
  }
}

TEST_CASE("any beginning of a message is one") {
  const std::string bytes =
      "Content-Type: multipart/report; boundary=\"b\"\r\nSubject: =?utf-8?b?w6k=?=\r\n\r\n--b\r\n"
      "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1B$B%f\x1B(B\r\n--b\r\n"
      "Content-Type: message/rfc822\r\n\r\nTo: a@b.example\r\n\r\n--b--\r\n";
  for (std::size_t end = 0; end <= bytes.size(); ++end)
    CHECK(extent(read_message(bytes.substr(0, end)).root).parts <= 5);
}
