// What the daemon tells systemd (sd_notify); does nothing where it was not started by it.
#pragma once

#include <chrono>
#include <optional>

namespace postrider::daemon::service_manager {

void ready();
void reloading();
void stopping();
void alive();  // the watchdog's ping

/// How often `alive` is due; nothing: no watchdog.
std::optional<std::chrono::microseconds> watchdog_period();

}  // namespace postrider::daemon::service_manager
