#include "daemon/service_manager.h"

#include <systemd/sd-daemon.h>
#include <time.h>

namespace postrider::daemon::service_manager {

void ready() { sd_notify(0, "READY=1"); }

void reloading() {
  // Type=notify-reload wants the monotonic time too; Type=notify ignores it.
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
             static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000);
}

void stopping() { sd_notify(0, "STOPPING=1"); }

void alive() { sd_notify(0, "WATCHDOG=1"); }

std::optional<std::chrono::microseconds> watchdog_period() {
  std::uint64_t limit = 0;
  if (sd_watchdog_enabled(0, &limit) <= 0) return {};
  return std::chrono::microseconds(limit / 3);
}

}  // namespace postrider::daemon::service_manager
