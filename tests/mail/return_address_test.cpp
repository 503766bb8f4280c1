#include "mail/return_address.h"

#include <doctest/doctest.h>

using namespace postrider::mail;

namespace {

const Address base{"bounces", "report.example"};

}  // namespace

TEST_CASE("the token of a mail stands in the address it comes back to") {
  const auto address = return_address(base, "abc234");
  CHECK(address == "bounces+abc234@report.example");
  CHECK(token_of(address) == "abc234");
  CHECK(is_below(base, address));
}

TEST_CASE("a token is found however servers write the address around it") {
  CHECK(token_of(" Bounces+ABC234@Report.Example ") == "ABC234");
  CHECK(token_of(return_address({"a+b", "report.example"}, "abc234")) == "abc234");
  CHECK(is_below(base, " Bounces+ABC234@Report.Example "));
}

TEST_CASE("an address without anything behind a + has no token") {
  for (const auto* other : {"bounces@report.example", "bounces+@report.example", "@a+b", "", "@"})
    CHECK_MESSAGE(token_of(other).empty(), other);
}

TEST_CASE("an address of another base is not below this one") {
  for (const auto* other :
       {"bounces@report.example", "bounces+@report.example", "bounces-abc@report.example",
        "bounces+abc@other.example", "xbounces+abc@report.example", "bounces+abc", "", "@", "+@"})
    CHECK_FALSE_MESSAGE(is_below(base, other), other);
}
