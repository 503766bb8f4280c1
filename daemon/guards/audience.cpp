#include "daemon/guards/audience.h"

#include <cstdlib>

#include "base/text.h"
#include "store/sums.h"

namespace postrider::daemon::guards {

Reason nobody(const queue::Issue& issue) {
  if (issue.sums.audience() > 0) return {};
  return "nobody would get it: no reader of " + join(issue.lists, ", ") + " who can be mailed" +
         (issue.segment.empty() ? "" : " is in its segment, " + printable(issue.segment)) +
         store::excluded_in_words(issue);
}

Reason audience(std::int64_t readers, const std::optional<store::SameReaders>& before,
                const config::Guards& settings) {
  if (!before || readers == 0 || settings.audience_change == 0) return {};
  const auto change = std::abs(readers - before->audience);
  if (change <= settings.audience_change_readers ||
      change * 100 <= before->audience * settings.audience_change)
    return {};
  return "it would go to " + counted(readers, "reader") + "; the last issue to the same lists, '" +
         before->slug + "', went to " + with_thousands(before->audience) +
         " (audience_change = \"" + std::to_string(settings.audience_change) +
         "%\", audience_change_readers = " + std::to_string(settings.audience_change_readers) + ")";
}

}  // namespace postrider::daemon::guards
