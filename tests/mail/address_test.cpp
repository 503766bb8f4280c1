#include "mail/address.h"

#include <doctest/doctest.h>

using namespace postrider::mail;

namespace {

std::string written(std::string_view text) {
  const auto address = parse_address(text);
  return address ? address->str() : "none";
}

}  // namespace

TEST_CASE("addresses are taken as written, their domain in lower case") {
  CHECK(written(" Joe.Webster+news@Report.EXAMPLE ") == "Joe.Webster+news@report.example");
  CHECK(written("o'brien@a.example") == "o'brien@a.example");
  CHECK(written("\"a b\"@a.example") == "\"a b\"@a.example");
  CHECK(written("\"plain\"@a.example") == "plain@a.example");
  CHECK(parse_address("Joe@A.example")->canonical() == parse_address("jOE@a.EXAMPLE")->canonical());
  CHECK(parse_address("Joe@A.example")->canonical() == "a.example joe");
  CHECK(parse_address("\"A b\"@a.example")->canonical() == "a.example \"a b\"");
}

TEST_CASE("what could end a command or a header is no address") {
  for (const char* wrong : {"",
                            "a",
                            "@a.example",
                            "a@",
                            "a@b",
                            "a b@c.example",
                            "a@b c.example",
                            "a@b..example",
                            ".a@b.example",
                            "a.@b.example",
                            "a..b@c.example",
                            "a@-b.example",
                            "a@b-.example",
                            "a@[127.0.0.1]",
                            "a@b.example\r\nRCPT TO:<x@y.example>",
                            "a\r\n@b.example",
                            "a>@b.example",
                            "<a@b.example>",
                            "a@b.example,c@d.example",
                            "\"a\r\n\"@b.example",
                            "\"a@b.example",
                            "\xFF@b.example"})
    CHECK_MESSAGE(written(wrong) == "none", wrong);
  CHECK(written(std::string("a\0b@c.example", 13)) == "none");
}

TEST_CASE("the limits of RFC 5321 hold to the octet") {
  const std::string local(64, 'a');
  const std::string label(63, 'b');
  const auto domain = label + "." + label + "." + std::string(61, 'c');  // 189
  CHECK(written(local + "@" + domain) == local + "@" + domain);          // 254
  CHECK(written(local + "@" + domain + "d") == "none");
  CHECK(written(local + "a@b.example") == "none");
  CHECK(written("a@" + label + "b.example") == "none");
}

TEST_CASE("domains of other scripts become ASCII, and false ones are refused") {
  CHECK(written("joe@bücher.example") == "joe@xn--bcher-kva.example");
  CHECK(written("joe@BÜCHER.example") == "joe@xn--bcher-kva.example");
  CHECK(written("joe@例え.example") == "joe@xn--r8jz45g.example");
  CHECK(written("joe@xn--bcher-kva.example") == "joe@xn--bcher-kva.example");
  CHECK(written("joe@xn--\x80.example") == "none");
  CHECK(written("joe@xn--a.example") == "none");
}

TEST_CASE("a local part that is not ASCII needs SMTPUTF8") {
  CHECK(parse_address("жук@a.example")->needs_smtputf8());
  CHECK_FALSE(parse_address("joe@bücher.example")->needs_smtputf8());
}

TEST_CASE("mailboxes have a name and an address") {
  const auto plain = parse_mailbox("Joe Webster <joe@a.example>");
  REQUIRE(plain);
  CHECK(plain->name == "Joe Webster");
  CHECK(parse_mailbox("\"Webster, \\\"Joe\\\"\" <joe@a.example>")->name == "Webster, \"Joe\"");
  CHECK(parse_mailbox("joe@a.example")->name.empty());
  for (const char* wrong : {"", "Joe", "Joe <joe>", "Joe joe@a.example>", "J\r\noe <joe@a.example>",
                            "\"Joe <joe@a.example>\r\nBcc: x"})
    CHECK_FALSE(parse_mailbox(wrong));
}
