// What a reviewer gets: the mail as a reader would, below what there is to know of its issue. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "config/settings.h"
#include "templates/issue.h"
#include "templates/notice.h"

namespace postrider::daemon {

struct PreviewFacts {
  std::string slug;
  std::string version;             // Covered::version
  std::string goes_out;            // when, or why it does not
  std::string readers;             // how many, and of what
  std::string reader;              // whose mail it is
  std::vector<std::string> found;  // by the checks
  std::string approval;            // what it needs, or who gave it; empty: none is wanted
  std::string link;                // that approves it; empty: none
};

/// `read`: the mail as that reader would read it.
templates::RenderedNotice render_preview(const PreviewFacts& facts, templates::RenderedIssue read);

}  // namespace postrider::daemon
