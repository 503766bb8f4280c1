// Text of any charset to UTF-8, by the C library's iconv, for reading mail in which charsets are
// missing or wrong as often as not.
#pragma once

#include <string>
#include <string_view>

namespace postrider::mail {

/// Never fails: what a charset does not know becomes U+FFFD, and where the charset is unknown, none
/// or evidently another, the bytes themselves tell (UTF-8, ISO-2022-JP, GB18030, Cyrillic, Latin).
/// Linear in time.
std::string to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace postrider::mail
