// An issue that was sent before, under another name: its title and nearly its text. (A slug is sent
// once, whatever is in it; the ledger sees to that.)
#pragma once

#include <vector>

#include "config/settings.h"
#include "daemon/guards/guard.h"
#include "store/precedents.h"

namespace postrider::daemon::guards {

// Of two texts whose runs of five words are compared. In a text of 500 words ten that were mended,
// apart from each other, leave 82 % the same; a weekly issue of which half is new is a third the
// same.
constexpr double nearly_the_text = 0.8;

/// `before`: those of the same title. Neither the same title alone ("Weekly report") nor the same
/// text alone (what stands in every issue) speaks against an issue.
Reason again(const templates::Sketch& sketch, const std::vector<store::SameTitle>& before,
             const config::Publication& publication);

}  // namespace postrider::daemon::guards
