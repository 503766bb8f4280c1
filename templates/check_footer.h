// The lint's share of a theme: what every mail must have, whatever the overrides are.
#pragma once

#include "base/error.h"
#include "templates/issue.h"
#include "templates/issue_values.h"
#include "templates/theme.h"

namespace postrider::templates {

/// Errors, with the theme's file and the line behind which a footer belongs: a part of the rendered
/// issue in which readers see no body, no unsubscribe link or no postal address. Comments do not
/// count.
Faults check_footer(const Theme& theme, const RenderedIssue& issue, const Values& values);

}  // namespace postrider::templates
