#include "daemon/relays.h"

#include <doctest/doctest.h>

using namespace postrider;

namespace {

config::Relay relay(const char* name, int priority, std::vector<std::string> domains = {}) {
  config::Relay relay;
  relay.name = name;
  relay.priority = priority;
  relay.domains = std::move(domains);
  return relay;
}

}  // namespace

TEST_CASE("a domain's own relays stand first on its way, then the others by priority") {
  config::Settings settings;
  settings.relays = {relay("spare", 5), relay("main", 0), relay("slow", 9, {"slow.example"}),
                     relay("twin", 0)};
  const auto way = [&](const char* domain) {
    std::string names;
    for (const auto* one : daemon::way_to(settings, domain)) names += one->name + " ";
    return names;
  };
  CHECK(way("slow.example") == "slow main twin spare ");
  CHECK(way("fast.example") == "main twin spare ");
  settings.relays = {relay("slow", 0, {"slow.example"})};
  CHECK(way("fast.example").empty());
}

TEST_CASE("a pause is of a relay's log-in at its server") {
  config::Settings settings;
  settings.relays = {relay("main", 0)};
  auto& main = settings.relays[0];
  main.kind = config::RelayKind::smtps;
  main.host = "smtp.example";
  main.port = 465;
  main.username = "joe";
  CHECK(daemon::pacing_plan(settings).relays[0].account == "joe@smtp.example:465");
}
