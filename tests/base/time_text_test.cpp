#include "base/time_text.h"

#include <doctest/doctest.h>

using namespace postrider;

TEST_CASE("a time is told with seconds where they are not zero") {
  const auto told = [](const char* text) {
    return time_text(parse_rfc3339(text).value(), "America/New_York");
  };
  CHECK(told("2022-01-10T13:00:00Z") == "2022-01-10 08:00 EST");
  CHECK(told("2022-01-10T13:00:00.999Z") == "2022-01-10 08:00 EST");
  CHECK(told("2022-01-10T13:00:05Z") == "2022-01-10 08:00:05 EST");
  CHECK(time_text(parse_rfc3339("1969-12-31T23:59:30Z").value(), "nowhere") ==
        "1969-12-31 23:59:30 UTC");
}
