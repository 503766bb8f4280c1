#include "base/ip_address.h"

#include <doctest/doctest.h>

using namespace postrider;

namespace {

bool is_in(std::string_view address, std::string_view network) {
  const auto parsed = parse_network(network);
  REQUIRE(parsed);
  return parsed->contains(parse_ip(address).value());
}

}  // namespace

TEST_CASE("an address is written as RFC 5952 has it, however it was spelt") {
  for (const auto& [text, written] :
       {std::pair{"192.0.2.1", "192.0.2.1"}, std::pair{"::ffff:192.0.2.1", "192.0.2.1"},
        std::pair{"2001:DB8:0:0::1", "2001:db8::1"}, std::pair{"::1", "::1"}}) {
    CAPTURE(text);
    REQUIRE(parse_ip(text));
    CHECK(parse_ip(text)->str() == written);
  }
}

TEST_CASE("what is no address is none") {
  for (const std::string_view text :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:80", "[::1]", "fe80::1%eth0", "localhost",
        " 1.2.3.4", "1.2.3.4 ", "0x7f.1", "::1::"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_ip(text));
  }
  CHECK_FALSE(parse_ip(std::string_view("1.2.3.4\0", 8)));
  CHECK_FALSE(parse_ip(std::string(500, '1')));
}

TEST_CASE("a network holds the addresses that begin as it does") {
  CHECK(is_in("10.1.2.3", "10.0.0.0/8"));
  CHECK(is_in("::ffff:10.1.2.3", "10.0.0.0/8"));
  CHECK_FALSE(is_in("11.1.2.3", "10.0.0.0/8"));
  CHECK(is_in("192.0.2.129", "192.0.2.128/25"));
  CHECK_FALSE(is_in("192.0.2.127", "192.0.2.128/25"));
  CHECK(is_in("2001:db8:ffff::1", "2001:db8::/32"));
  CHECK_FALSE(is_in("2001:db9::1", "2001:db8::/32"));
  CHECK(is_in("127.0.0.1", "127.0.0.1"));
  CHECK_FALSE(is_in("127.0.0.2", "127.0.0.1"));
}

TEST_CASE("all of IPv4 is not all of IPv6, nor the other way round") {
  CHECK(is_in("203.0.113.9", "0.0.0.0/0"));
  CHECK_FALSE(is_in("2001:db8::1", "0.0.0.0/0"));
  CHECK(is_in("2001:db8::1", "::/0"));
  CHECK_FALSE(is_in("203.0.113.9", "::/0"));
}

TEST_CASE("a network with bits behind its prefix, or with none that there can be, is none") {
  for (const std::string_view text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1",
                                      "10.0.0.0/8x", "2001:db8::1/32", "::/129", "/8", "x/8"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_network(text));
  }
}

TEST_CASE("readers behind one connection share a network") {
  const auto of = [](std::string_view text, int bits) {
    return network_of(parse_ip(text).value(), bits).base.str();
  };
  CHECK(of("192.0.2.77", 24) == "192.0.2.0");
  CHECK(of("2001:db8:1:2:3::4", 64) == "2001:db8:1:2::");
}
