#include "queue/routes.h"

#include <utility>

namespace postrider::queue {

std::vector<std::size_t> carriers(const std::vector<Route>& routes, std::string_view domain,
                                  const std::vector<bool>& usable) {
  std::vector<std::size_t> best;
  std::pair<bool, int> best_tier;  // general ones behind those that name the domain
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto& route = routes[i];
    const bool names_it = route.domains.contains(std::string(domain));
    if (!usable[i] || (!route.domains.empty() && !names_it)) continue;
    const std::pair tier{!names_it, route.priority};
    if (best.empty() || tier < best_tier) {
      best.clear();
      best_tier = tier;
    }
    if (tier == best_tier) best.push_back(i);
  }
  return best;
}

}  // namespace postrider::queue
