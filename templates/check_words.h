// The lint's share of words: TK ("to come") and TODO that were left in.
#pragma once

#include "base/error.h"
#include "templates/body.h"
#include "templates/draft.h"

namespace postrider::templates {

/// Errors for TK and TODO as whole capital words in title, subtitle and body; not in code,
/// addresses and names of files.
Faults check_words(const Draft& draft, const Body& body);

}  // namespace postrider::templates
