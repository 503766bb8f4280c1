#include "queue/routes.h"

#include <doctest/doctest.h>

using namespace postrider::queue;
using Numbers = std::vector<std::size_t>;

namespace {

const std::vector<Route> routes{{0, {}}, {0, {}}, {1, {}}, {5, {"slow.example"}}};

}  // namespace

TEST_CASE("the lowest priority carries, those of the same together, the next where they are down") {
  CHECK(carriers(routes, "a.example", {true, true, true, true}) == Numbers{0, 1});
  CHECK(carriers(routes, "a.example", {false, true, true, true}) == Numbers{1});
  CHECK(carriers(routes, "a.example", {false, false, true, true}) == Numbers{2});
  CHECK(carriers(routes, "a.example", {false, false, false, true}).empty());
}

TEST_CASE("a relay that names a domain has it before any other, and nothing else") {
  CHECK(carriers(routes, "slow.example", {true, true, true, true}) == Numbers{3});
  CHECK(carriers(routes, "slow.example", {true, true, true, false}) == Numbers{0, 1});
  CHECK(carriers(routes, "", {false, false, false, true}).empty());
}
