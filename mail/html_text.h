// The words of HTML that came back, for reading them; nothing is shown from it.
#pragma once

#include <string>
#include <string_view>

namespace postrider::mail {

/// Tags and what is not shown are left out, entities read; a line a block. Linear in time.
std::string text_of_html(std::string_view html);

/// The charset that a page's head names, by <meta charset="…"> or <meta http-equiv="Content-Type"
/// content="text/html; charset=…">; empty: none.
std::string_view charset_of_html(std::string_view html);

}  // namespace postrider::mail
