// How an issue gets on: how fast, until when, and what limits it. Pure.
#pragma once

#include <optional>
#include <string>

#include "daemon/commands/output.h"
#include "queue/issue.h"

namespace postrider::daemon::commands {

struct Progress {
  double speed = 0;              // mails a second
  std::optional<Duration> left;  // nothing: cannot be told
  std::string reason;            // "limited by gmail.com 20/s"; empty: as fast as it goes
};

/// `daemon`: what the daemon's board says, or null where it does not run. `next_due`: when the next
/// delivery that waits is due.
Progress progress_of(const queue::Issue& issue, const Json& daemon,
                     const std::optional<Instant>& next_due, Instant now);

/// "4 s", "12 min", "3 h 5 min".
std::string rough(Duration duration);

}  // namespace postrider::daemon::commands
