// The lint's share of links and images.
#pragma once

#include <string_view>

#include "base/error.h"
#include "templates/body.h"
#include "templates/draft.h"
#include "templates/issue_values.h"

namespace postrider::templates {

/// Errors: a link without address, words or host, one with a scheme that does not work in mails,
/// one to a place that `html`, the rendered part, has not; an image that is not there. A warning:
/// an image without alternative text. `values`: what tags in addresses stand for that are the same
/// for all readers.
Faults check_links(const Draft& draft, const Body& body, std::string_view html,
                   const Values& values);

}  // namespace postrider::templates
