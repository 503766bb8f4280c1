// Why a reader was not in the audience of an issue that has started: no row says so, but what the
// ledger knows of the reader does, as far as later changes have not hidden it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "queue/issue.h"
#include "store/ledger.h"
#include "subscribers/subscriber.h"

namespace postrider::daemon {

struct Absence {
  std::string reason;  // suppressed, unsubscribed, unconfirmed, paused, segment: as excluded
                       // readers are counted; later, not_subscribed, not_affected, unknown
  std::string told;    // "paused until 2022-01-10 08:00 EST"
};

/// How people are told a time.
using Telling = std::function<std::string(Instant)>;

/// `suppression`: of the reader's address now. `events`: the reader's, oldest first.
Absence find_absence(const queue::Issue& issue, const subscribers::Subscriber& reader,
                     const std::optional<subscribers::Suppression>& suppression,
                     const std::vector<store::Event>& events, const Telling& telling);

}  // namespace postrider::daemon
