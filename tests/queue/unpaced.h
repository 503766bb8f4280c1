// Relays without limits beside their connections, as a plan of pacing.
#pragma once

#include "queue/dispatcher.h"

namespace postrider::test {

inline std::unique_ptr<queue::Pacing> unpaced(const Clock& clock, int connections = 8,
                                              std::size_t relays = 1) {
  queue::PacingPlan plan;
  for (std::size_t i = 0; i < relays; ++i)
    plan.relays.push_back(
        {.name = "relay", .route = {}, .connections = connections, .rate = std::nullopt});
  return std::make_unique<queue::Pacing>(std::move(plan), std::vector<queue::Allowance>{},
                                         std::vector<queue::Pause>{}, clock);
}

inline std::vector<queue::Outlet> only(std::unique_ptr<queue::Relay> relay) {
  std::vector<queue::Outlet> outlets;
  outlets.push_back({0, std::move(relay)});
  return outlets;
}

}  // namespace postrider::test
