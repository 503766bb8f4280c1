// Which language a page speaks: RFC 9110 §12.5.4 and RFC 4647 §3.4, as far as pages need them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postrider::daemon::http {

/// The language there is for a tag of any case: "de" for "de-AT"; nothing: none.
std::optional<std::string> find_language(std::string_view tag, std::span<const std::string> known);

/// The known language that an Accept-Language field likes best; the first of equals. Nothing: none
/// of them, or `*` stands before any.
std::optional<std::string> accepted_language(std::string_view field,
                                             std::span<const std::string> known);

}  // namespace postrider::daemon::http
