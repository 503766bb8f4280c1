// An issue that needs an approval has one, of what it is now (daemon/approval.h).
#pragma once

#include <optional>

#include "config/settings.h"
#include "daemon/guards/guard.h"
#include "store/approvals.h"

namespace postrider::daemon::guards {

/// `given`: the last one. No operator's word takes its place.
Reason approval(const std::optional<store::Approval>& given, const store::Covered& now,
                const config::Publication& publication);

}  // namespace postrider::daemon::guards
