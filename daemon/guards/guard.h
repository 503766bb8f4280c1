// A guard looks at an issue before the moment that cannot be taken back, and says what it has
// against it. Each is a file of its own and pure: facts in, a reason in plain words out. What is
// held stays so until an operator lets it go; the guards that held it do not hold it again then,
// unless its draft changes (queue::Issue::is_released).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/settings.h"

namespace postrider::daemon::guards {

/// Why an issue is held, without what to do; nothing: the guard is content.
using Reason = std::optional<std::string>;

/// What to do about it: ends each note of a held issue. `by_local_time`: a day will do, too.
inline std::string let_go(const std::string& slug, const config::Publication& publication,
                          bool by_local_time = false) {
  if (publication.approval == config::Approval::required)
    return "; let it go by `postrider approve " + slug + "`";
  return "; let it go by `postrider issue send " + slug +
         (by_local_time ? "` (now, to all)" : "`") + " or `postrider issue schedule " + slug +
         (by_local_time ? " DAY` (by local time)" : " TIME`");
}

}  // namespace postrider::daemon::guards
