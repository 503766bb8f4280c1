#include "daemon/guards/clock_sync.h"

#include <sys/timex.h>

namespace postrider::daemon::guards {

std::optional<bool> clock_is_synchronised() {
  struct timex told{};  // asks, and changes nothing
  if (::adjtimex(&told) < 0) return {};
  return (told.status & STA_UNSYNC) == 0;
}

}  // namespace postrider::daemon::guards
