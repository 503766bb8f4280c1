// Inline styles: what an element stylesheet says is written into the elements' style attributes.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace postrider::templates {

/// "p" or "blockquote p" → "margin:0 0 18px".
using Styles = std::map<std::string, std::string>;

/// Element rules of the form `name { declarations }` or `outer inner { declarations }`, and
/// comments; anything else is a fault.
tl::expected<Styles, Faults> parse_styles(std::string_view css, std::string_view file);

/// Left and right exchanged, for languages written from right to left: in names (border-left), in
/// values (text-align: left) and in the four values of margin and padding.
void mirror(Styles& styles);

/// The HTML with a style attribute on each element that there is a style for and that has none.
std::string with_styles(std::string_view html, const Styles& styles);

}  // namespace postrider::templates
