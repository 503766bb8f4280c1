// The lint: everything that can be known to be wrong with an issue before anything is sent.
#pragma once

#include <set>
#include <string>

#include "base/error.h"
#include "templates/draft.h"
#include "templates/issue.h"

namespace postrider::templates {

/// What a draft may name.
struct Known {
  std::set<std::string> attributes;  // of any subscriber
  std::set<std::string> lists;       // of the settings
  PublicationText publication{};     // what its tags in addresses stand for
  std::set<std::string> issues{};    // slugs
};

/// Faults of draft and rendered issue, errors and warnings, in the order of the file's lines:
/// unknown tags, unclosed sections, bad links, images without alternative text, size over Gmail's
/// 102 KB with each section's share, sections that keep mails from being rendered once for many, TK
/// and TODO, subject, missing footer or unsubscribe link.
Faults check_issue(const Draft& draft, const Theme& theme, const RenderedIssue& issue,
                   const Known& known);

}  // namespace postrider::templates
