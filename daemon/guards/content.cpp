#include "daemon/guards/content.h"

namespace postrider::daemon::guards {

Reason content(const Faults& leftovers) {
  if (leftovers.empty()) return {};
  auto first = leftovers.front();
  first.severity = Severity::error;  // here it is no mere warning
  const auto more = leftovers.size() - 1;
  return to_string(first) + (more > 0 ? " (and " + std::to_string(more) + " more)" : "");
}

}  // namespace postrider::daemon::guards
