#include "store/turns.h"

#include <doctest/doctest.h>

using namespace postrider;
using store::Turns;
using namespace std::chrono_literals;

namespace {

constexpr GroupId a{1};
constexpr GroupId b{2};
constexpr Instant noon{};

}  // namespace

TEST_CASE("groups join the row when they are due, the longest due first") {
  Turns turns;
  turns.due(a, noon + 2min);
  turns.due(b, noon + 1min);
  turns.wake(noon);
  CHECK(turns.ready() == 0);
  CHECK(turns.next_time() == noon + 1min);
  turns.wake(noon + 2min);
  REQUIRE(turns.ready() == 2);
  CHECK(turns.next() == b);
  CHECK(turns.next() == a);
  CHECK_FALSE(turns.next_time());
}

TEST_CASE(
    "an earlier delivery counts, a later one does not, and one in the row is not asked twice") {
  Turns turns;
  turns.due(a, noon + 2min);
  turns.due(a, noon + 3min);
  CHECK(turns.next_time() == noon + 2min);
  turns.due(a, noon + 1min);
  CHECK(turns.next_time() == noon + 1min);
  turns.wake(noon + 1min);
  turns.due(a, noon + 5min);
  CHECK(turns.ready() == 1);
  CHECK_FALSE(turns.next_time());
}

TEST_CASE("a group that was put off is looked at then, whatever else becomes due later") {
  Turns turns;
  turns.due(a, noon);
  turns.wake(noon);
  turns.put_off(turns.next(), noon + 5min);
  turns.due(a, noon + 6min);
  turns.wake(noon + 4min);
  CHECK(turns.ready() == 0);
  turns.wake(noon + 5min);
  CHECK(turns.ready() == 1);
}
