// Who would get an issue: nobody, or far more or fewer readers than the last time.
#pragma once

#include <optional>

#include "config/settings.h"
#include "daemon/guards/guard.h"
#include "queue/issue.h"
#include "store/precedents.h"

namespace postrider::daemon::guards {

/// A list or a segment matches nobody. `issue`: with the sums that it would have.
Reason nobody(const queue::Issue& issue);

/// The audience is bigger or smaller than `before` by more than the settings say. Nobody at all is
/// for the guard above.
Reason audience(std::int64_t readers, const std::optional<store::SameReaders>& before,
                const config::Guards& settings);

}  // namespace postrider::daemon::guards
