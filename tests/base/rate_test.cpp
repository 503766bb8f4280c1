#include "base/rate.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace std::chrono_literals;

TEST_CASE("a rate is a number and a unit, and reads as it was written") {
  CHECK(parse_rate("100/s") == Rate{100, 1s});
  CHECK(parse_rate("60/min") == Rate{60, 1min});
  CHECK(parse_rate("500/h") == Rate{500, 1h});
  CHECK(parse_rate("2000/day") == Rate{2000, 24h});
  for (const auto* text : {"100/s", "60/min", "500/h", "2000/day"})
    CHECK(to_string(*parse_rate(text)) == text);
}

TEST_CASE("what is no rate is refused with an example") {
  for (const auto* text : {"", "100", "/s", "0/s", "-1/s", "1.5/s", "10/week", "10 / s", "10/s ",
                           "99999999999999999999/s"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_rate(text));
    CHECK(parse_rate(text).error().message.find("such as \"100/s\"") != std::string::npos);
  }
}
