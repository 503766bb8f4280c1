#include "mail/return_address.h"

#include <doctest/doctest.h>

using namespace postrider::mail;

namespace {

const Address base{"bounces", "report.example"};

}  // namespace

TEST_CASE("the token of a mail stands in the address it comes back to") {
  const auto address = return_address(base, "abc234");
  CHECK(address == "bounces+abc234@report.example");
  CHECK(token_of(base, address) == "abc234");
}

TEST_CASE("a token is found however servers write the address around it") {
  CHECK(token_of(base, " Bounces+ABC234@Report.Example ") == "ABC234");
}

TEST_CASE("an address that is not below the base has no token") {
  for (const auto* other :
       {"bounces@report.example", "bounces+@report.example", "bounces-abc@report.example",
        "bounces+abc@other.example", "xbounces+abc@report.example", "bounces+abc", "", "@", "+@"})
    CHECK_MESSAGE(token_of(base, other).empty(), other);
}
