// The lint of a theme, whether a draft uses it or not.
#pragma once

#include "base/error.h"
#include "templates/issue.h"
#include "templates/theme.h"

namespace postrider::templates {

/// Every mistake of the theme's files: tags that are broken or name nothing known in mails, pages
/// and partials; element styles; mails without body, unsubscribe link or postal address; notices
/// without their link; pages without their content or button.
Faults check_theme(const Theme& theme, const PublicationText& publication);

/// The mistakes of the readers' pages alone.
Faults check_pages(const Theme& theme);

}  // namespace postrider::templates
