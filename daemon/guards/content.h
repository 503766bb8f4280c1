// What was left in an issue's text that is hardly meant for readers (templates/leftovers.h).
#pragma once

#include "base/error.h"
#include "daemon/guards/guard.h"

namespace postrider::daemon::guards {

Reason content(const Faults& leftovers);

}  // namespace postrider::daemon::guards
