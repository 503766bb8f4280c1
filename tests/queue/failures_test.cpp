#include "queue/failures.h"

#include <doctest/doctest.h>

#include "support/fake_clock.h"

using namespace postrider;
using namespace postrider::queue;

namespace {

Outcome refused(int code, const char* enhanced, const std::string& text) {
  return {OutcomeKind::refused, Scope::recipient, {code, enhanced, text}};
}

}  // namespace

TEST_CASE("failures of one kind are told together, the latest first, with its own words") {
  const test::FakeClock clock;
  Failures failures;
  failures.note({OutcomeKind::delivered, Scope::recipient, {250, "", "taken"}}, clock.now());
  failures.note(refused(550, "5.1.1", "no such user ann"), clock.now());
  failures.note(refused(552, "5.2.2", "mailbox full"), clock.now());
  failures.note(refused(550, "5.1.1", "no such user bob"), clock.now());
  const auto latest = failures.latest();
  REQUIRE(latest.size() == 2);
  CHECK(latest[0].count == 2);
  CHECK(latest[0].reply.text == "no such user bob");
  CHECK(latest[1].reply.enhanced == "5.2.2");
}

TEST_CASE("failures without a code are told apart by their words, and not without end") {
  const test::FakeClock clock;
  Failures failures;
  for (int i = 0; i < 100; ++i) failures.note(refused(0, "", std::to_string(i)), clock.now());
  CHECK(failures.latest().size() == Failures::most_kinds);
  CHECK(failures.latest()[0].reply.text == "99");
}
