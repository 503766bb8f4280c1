#include <doctest/doctest.h>

#include "config/sample_newsletter.h"

using namespace postrider;
using namespace postrider::test;
using namespace std::chrono_literals;

namespace {

/// The newsletter whose list has these lines.
tl::expected<config::Settings, Faults> with_list(std::string_view lines) {
  return load(with_line(8, lines));
}

}  // namespace

TEST_CASE("a list without a schedule has no slots, and nobody is reminded") {
  const auto settings = load(newsletter);
  CHECK(settings->lists[0].schedule.slots.empty());
  CHECK(settings->lists[0].remind == 0s);
  CHECK(with_list("remind = \"0s\""));
}

TEST_CASE("a list has one slot or several, in the publication's zone") {
  const auto one = with_list("schedule = \"Mon 08:00\"");
  CHECK(slots_text(one->lists[0].schedule) == "Mon 08:00");
  CHECK(one->lists[0].schedule.zone == "UTC");
  const auto several = with_list("schedule = [\"last Fri 17:00\", \"Mon 08:00\", \"mon 08:00\"]");
  CHECK(slots_text(several->lists[0].schedule) == "Mon 08:00, last Fri 17:00");
}

TEST_CASE("a list may have a zone, days without slots, and a reminder of its own") {
  const auto settings = with_list(
      "schedule = \"Mon 08:00\"\nskip = [\"2022-12-26\"]\ntimezone = \"Europe/Berlin\"\n"
      "remind = \"24h\"");
  REQUIRE(settings);
  const auto& list = settings->lists[0];
  CHECK(list.schedule.zone == "Europe/Berlin");
  CHECK(list.schedule.skip == std::vector{parse_day("2022-12-26").value()});
  CHECK(list.remind == 24h);
  CHECK(listing(settings->warnings).find("reminds nobody") != std::string::npos);
}

TEST_CASE("a day to skip may be written as a date of TOML") {
  for (const auto* skip : {"2022-12-26", "[2022-12-26]", "[\"2022-12-26\", 2022-12-26]"}) {
    CAPTURE(skip);
    const auto settings = with_list("schedule = \"Mon 08:00\"\nskip = " + std::string(skip));
    REQUIRE(settings);
    CHECK(settings->lists[0].schedule.skip == std::vector{parse_day("2022-12-26").value()});
  }
}

TEST_CASE("a day to skip on which no slot comes is warned of") {
  const auto settings = with_list("schedule = \"Mon 08:00\"\nskip = \"2022-12-27\"");
  REQUIRE(settings);
  CHECK(listing(settings->warnings) ==
        "f:9: lists.report.skip: warning: no slot of this list comes on 2022-12-27, a Tue\n");
}
