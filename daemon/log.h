// The log: spdlog to stderr, or to journald where systemd runs the daemon.
#pragma once

#include <string>

namespace postrider::daemon {

/// Sets the process's log up; `level` is one of the settings' names. Call again to change the
/// level.
void set_up_log(const std::string& level);

}  // namespace postrider::daemon
