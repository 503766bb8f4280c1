// What would take cmark more time or memory than a text's size deserves, found before it is parsed.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace postrider::templates {

/// Deeper nesting than any text has; the tree is walked by recursion.
constexpr int deepest_nesting = 100;

/// Lines over 100,000 octets, quotes and lists nested too deep, tables of more than 100 columns or,
/// all together, of more than 100,000 cells. `line`: the text's first.
Faults beyond_measure(std::string_view text, const std::string& file, int line);

}  // namespace postrider::templates
