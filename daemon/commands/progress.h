// How an issue gets on: how fast, until when, and what limits it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/output.h"
#include "queue/issue.h"

namespace postrider::daemon::commands {

struct Progress {
  double speed = 0;              // mails a second
  std::optional<Duration> left;  // nothing: cannot be told
  std::string reason;            // "limited by gmail.com 20/s"; empty: as fast as it goes
  std::optional<Instant> next;   // when the next mail that waits is due; nothing: none waits
};

/// What the issue's rows say beside its sums.
struct Waiting {
  std::optional<Instant> next_due;
  std::map<std::string, std::int64_t> lanes;  // deliveries to what is held back, by name
  std::optional<Instant> last_due = {};       // of an issue by local time
};

/// What the daemon's board tells as held back: a domain or provider, and its domains.
std::map<std::string, std::vector<std::string>> held_back(const Json& daemon);

/// `daemon`: what the daemon's board says, or null where it does not run.
Progress progress_of(const queue::Issue& issue, const Json& daemon, const Waiting& waiting,
                     Instant now);

/// "4 s", "12 min", "3 h 5 min".
std::string rough(Duration duration);

}  // namespace postrider::daemon::commands
