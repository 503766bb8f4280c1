// An issue whose time is long past when it is found: the machine was off, or its file appeared
// late.
#pragma once

#include "base/clock.h"
#include "config/settings.h"
#include "daemon/guards/guard.h"

namespace postrider::daemon::guards {

/// `time`: when the issue was to start.
Reason late(Instant time, Instant now, const config::Publication& publication);

}  // namespace postrider::daemon::guards
