// Two texts compared line by line, for people: what an amendment changes. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "templates/issue.h"

namespace postrider::daemon {

/// In the unified format without a head: "@@ -1,3 +1,4 @@", then lines that begin with a blank, -
/// or
/// +. Empty: they are the same. Of texts with many thousand changed lines all of the changed part
/// is told as replaced.
std::vector<std::string> unified_difference(std::string_view before, std::string_view after);

/// What readers see of one: a head of subject and images, and the text part; the HTML part where
/// only that differs. Empty: nothing differs.
std::vector<std::string> difference(const templates::RenderedIssue& before,
                                    const templates::RenderedIssue& after);

}  // namespace postrider::daemon
