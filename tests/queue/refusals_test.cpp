#include "queue/refusals.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::queue;

namespace {

Outcome refused(Scope scope, int code = 550) {
  return {OutcomeKind::refused, scope, {code, "5.7.1", "not from you"}};
}

}  // namespace

TEST_CASE("a sender that is refused five times in a row is worth a pause, with the reason") {
  Refusals refusals;
  for (int i = 1; i < Refusals::most_in_a_row; ++i)
    CHECK(refusals.note({1}, refused(Scope::sender)).empty());
  const auto why = refusals.note({1}, refused(Scope::sender));
  CHECK(why == "the relay refused the sender 5 times in a row: 550 5.7.1 not from you");
  CHECK_FALSE(refusals.note({1}, refused(Scope::sender)).empty());
}

TEST_CASE("an accepted mail, another issue or another kind of refusal begins anew") {
  const Outcome delivered{OutcomeKind::delivered, Scope::recipient, {250, "", "ok"}};
  for (const auto& [issue, between] : {std::pair{IssueId{1}, delivered},
                                       {IssueId{1}, refused(Scope::sender)},
                                       {IssueId{1}, refused(Scope::message, 552)}}) {
    Refusals refusals;
    for (int i = 1; i < Refusals::most_in_a_row; ++i) refusals.note({1}, refused(Scope::message));
    refusals.note(issue, between);
    CHECK(refusals.note({1}, refused(Scope::message)).empty());
  }
  Refusals refusals;
  for (int i = 1; i < Refusals::most_in_a_row; ++i) refusals.note({1}, refused(Scope::message));
  CHECK(refusals.note({2}, refused(Scope::message)).empty());
}

TEST_CASE(
    "what a relay told beforehand counts as its refusal; what failed before it was asked does "
    "not") {
  for (const auto& [peer, pauses] : {std::pair{Endpoint{"mx.example:25", ""}, true}, {{}, false}}) {
    Refusals refusals;
    const Outcome outcome{OutcomeKind::refused, Scope::message, {0, "", "too large"}, peer};
    for (int i = 1; i < Refusals::most_in_a_row; ++i) CHECK(refusals.note({1}, outcome).empty());
    CHECK(refusals.note({1}, outcome).empty() != pauses);
  }
}

TEST_CASE("readers' own refusals never pause an issue, nor do they hide the others") {
  Refusals refusals;
  for (int i = 0; i < 100; ++i) CHECK(refusals.note({1}, refused(Scope::recipient)).empty());
  std::string why;
  for (int i = 0; i < Refusals::most_in_a_row; ++i) {
    refusals.note({1}, refused(Scope::recipient));
    why = refusals.note({1}, refused(Scope::sender));
  }
  CHECK_FALSE(why.empty());
}
