#include "daemon/guards/late.h"

#include "base/time_text.h"

namespace postrider::daemon::guards {

Reason late(Instant time, Instant now, const config::Publication& publication) {
  if (now - time <= publication.max_lateness) return {};
  // In the unit that people count such a time in.
  Duration late = std::chrono::floor<std::chrono::minutes>(now - time);
  if (late >= std::chrono::days(2)) late = std::chrono::floor<std::chrono::days>(late);
  if (late >= std::chrono::hours(2)) late = std::chrono::floor<std::chrono::hours>(late);
  return "its time, " + time_text(time, publication.timezone) + ", was " + to_string(late) +
         " ago (max_lateness = \"" + to_string(publication.max_lateness) + "\")";
}

}  // namespace postrider::daemon::guards
