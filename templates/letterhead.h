// Header fields that issues and notices write alike.
#pragma once

#include <string>
#include <string_view>

#include "templates/message.h"

namespace postrider::templates {

/// RFC 2919: `The Report <report.domain>`, folded and encoded; `domain`: that of the sender.
std::string list_id(const ListHead& list, std::string_view domain);

}  // namespace postrider::templates
