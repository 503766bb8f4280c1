// When this program was made: the same for all builds of one state of its source (CMakeLists.txt).
#pragma once

#include "base/clock.h"

namespace postrider::daemon::guards {

Instant build_date();

}  // namespace postrider::daemon::guards
