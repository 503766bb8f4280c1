#include "daemon/guards/build_date.h"

namespace postrider::daemon::guards {

Instant build_date() { return Instant(std::chrono::seconds(POSTRIDER_BUILD_DATE)); }

}  // namespace postrider::daemon::guards
