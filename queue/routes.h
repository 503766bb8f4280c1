// Which relays may carry mail to a domain. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::queue {

/// A relay's place among the others.
struct Route {
  int priority = 0;               // lower first
  std::set<std::string> domains;  // only these, and before any other relay; empty: all
};

/// `usable`: one for each route, whether its relay works. The usable ones of the first tier that
/// has any: those that name the domain, by priority, then those that name none, by priority. Empty:
/// none works. An empty domain is one that no route names.
std::vector<std::size_t> carriers(const std::vector<Route>& routes, std::string_view domain,
                                  const std::vector<bool>& usable);

}  // namespace postrider::queue
