#include "daemon/guards/clock.h"

#include <algorithm>

#include "base/time_text.h"

namespace postrider::daemon::guards {

namespace {

std::string told(Instant instant) { return time_text(instant, "UTC"); }

}  // namespace

ClockGuard::ClockGuard(Instant built, std::optional<Instant> last_entry)
    : built_(built), latest_(last_entry) {}

std::optional<std::string> ClockGuard::look(Instant now) {
  if (now < built_)
    return "the clock says " + told(now) + ", but this program was made " + told(built_) +
           "; set it by `timedatectl`";
  if (latest_ && now < *latest_ - most_back)
    return "the clock says " + told(now) + ", but the ledger's last entry is of " + told(*latest_) +
           "; set it by `timedatectl`";
  latest_ = latest_ ? std::max(*latest_, now) : now;
  return {};
}

void ClockGuard::believe(Instant now) {
  built_ = std::min(built_, now);
  latest_ = now;
}

}  // namespace postrider::daemon::guards
