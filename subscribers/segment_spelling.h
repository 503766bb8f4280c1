// A segment spelled out: what it says without the names of saved ones, which may change. Pure.
#pragma once

#include <string>
#include <string_view>

#include "subscribers/segment_terms.h"

namespace postrider::subscribers::segment {

/// "segment('kz') and age > 17" as "(country = 'KZ') and age > 17". `text` can be read with these
/// terms (read_segment).
std::string spelled_out(std::string_view text, const Terms& terms);

}  // namespace postrider::subscribers::segment
