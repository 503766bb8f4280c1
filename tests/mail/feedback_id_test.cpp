#include "mail/feedback_id.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace postrider::mail;

namespace {

std::string sender(std::string_view domain) {
  const auto id = feedback_id("weekly", "report", domain);
  const auto fields = postrider::split(id, ':');
  REQUIRE(fields.size() == 4);
  return std::string(fields[3]);
}

}  // namespace

TEST_CASE("a Feedback-ID names issue, list, program and sender") {
  CHECK(feedback_id("2022-01-10-weekly", "report", "report.example") ==
        "2022-01-10-weekly:report:postrider:report.example");
  CHECK(feedback_id("a:b c", "re:port", "report.example") ==
        "a_b_c:re_port:postrider:report.example");
}

TEST_CASE("the sender has 5 to 15 characters and stays the same") {
  CHECK(sender("ab.de") == "ab.de");
  CHECK(sender("fifteen.example") == "fifteen.example");
  CHECK(sender("a.de") == "8b374f0136b6");
  CHECK(sender("sixteen1.example") == "5199b4adc828");
  CHECK(sender("newsletters.a-long-name.example") == "fbe611d1a1e5");
}
