#include "mail/reply.h"

#include <doctest/doctest.h>

using namespace postrider::mail;

TEST_CASE("replies come whole wherever the bytes are cut") {
  const std::string bytes =
      "250-relay.example\r\n250-PIPELINING\r\n250 SIZE 100\r\n550 5.1.1 no such user\r\n354\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    ReplyReader reader;
    CHECK(reader.feed(bytes.substr(0, cut)));
    CHECK(reader.feed(bytes.substr(cut)));
    CHECK(reader.next()->text == "relay.example PIPELINING SIZE 100");
    const auto refused = reader.next();
    CHECK(refused->code == 550);
    CHECK(refused->enhanced == "5.1.1");
    CHECK(refused->text == "no such user");
    CHECK(refused->str() == "550 5.1.1 no such user");
    CHECK(reader.next()->code == 354);
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("several lines are one reply, their enhanced code said once") {
  ReplyReader reader;
  REQUIRE(reader.feed("451-4.7.1 come back\r\n451 4.7.1 later\r\n"));
  const auto reply = reader.next();
  CHECK(reply->enhanced == "4.7.1");
  CHECK(reply->text == "come back later");
}

TEST_CASE("what only looks like an enhanced code is text") {
  for (const char* text : {"5.1", "5.1.1.1 x", "9.1.1 x", "5.1.1x", "192.0.2.1 is listed"}) {
    ReplyReader reader;
    REQUIRE(reader.feed("550 " + std::string(text) + "\r\n"));
    CHECK(reader.next()->enhanced == "");
  }
}

TEST_CASE("a bare LF ends a line, too") {
  ReplyReader reader;
  CHECK(reader.feed("250 ok\n"));
  CHECK(reader.next()->code == 250);
}

TEST_CASE("what is no reply breaks the stream for good") {
  for (const char* wrong : {"hello\r\n", "25 ok\r\n", "199 ok\r\n", "600 ok\r\n", "250_ok\r\n",
                            "250-a\r\n251 b\r\n", "\r\n", "\xFF\xFF\xFF\r\n"}) {
    ReplyReader reader;
    CHECK_FALSE(reader.feed(wrong));
    CHECK_FALSE(reader.feed("250 ok\r\n"));
  }
}

TEST_CASE("endless lines and endless replies are cut off") {
  ReplyReader line;
  CHECK_FALSE(line.feed("250 " + std::string(5000, 'x')));
  ReplyReader lines;
  bool going = true;
  for (int i = 0; i < 200 && going; ++i) going = lines.feed("250-x\r\n");
  CHECK_FALSE(going);
}

TEST_CASE("a reply's text is printable and at most 512 octets") {
  ReplyReader reader;
  REQUIRE(reader.feed("550 \x1b[31m" + std::string(2000, 'x') + "\r\n"));
  const auto reply = reader.next();
  CHECK(reply->text.size() == 512);
  CHECK(reply->text.find('\x1b') == std::string::npos);
}
