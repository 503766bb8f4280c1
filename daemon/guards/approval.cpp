#include "daemon/guards/approval.h"

#include "daemon/approval.h"

namespace postrider::daemon::guards {

Reason approval(const std::optional<store::Approval>& given, const store::Covered& now,
                const config::Publication& publication) {
  if (publication.approval != config::Approval::required) return {};
  if (!given) return "nobody has approved it (approval = \"required\")";
  const auto why = why_void(*given, now, publication.timezone);
  if (why.empty()) return {};
  return "its approval is void: " + why;
}

}  // namespace postrider::daemon::guards
