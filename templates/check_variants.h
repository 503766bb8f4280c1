// The lint's share of variants: issues whose mails cannot be rendered once for many readers.
#pragma once

#include "base/error.h"
#include "templates/draft.h"
#include "templates/issue.h"

namespace postrider::templates {

/// Warnings where sending costs a rendering for each reader: more sections on readers' values than
/// make up the variants that are kept; sections that repeat a reader's own list.
Faults check_variants(const Draft& draft, const RenderedIssue& issue);

}  // namespace postrider::templates
