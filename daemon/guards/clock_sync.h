// Whether the machine's clock is kept right by others, as the kernel knows it. Wraps adjtimex.
#pragma once

#include <optional>

namespace postrider::daemon::guards {

/// Nothing: the kernel does not tell, as in the service's sandbox.
std::optional<bool> clock_is_synchronised();

}  // namespace postrider::daemon::guards
