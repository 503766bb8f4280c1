// What the text of a field looks like, whatever its column is about. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace postrider::subscribers {

/// As `trim`; most fields have nothing to take off.
std::string_view trimmed(std::string_view field);

/// Outer blanks that spreadsheets and web pages leave: no-break, zero-width and ideographic ones.
std::string_view trim_wide(std::string_view text);

/// What platforms write for nothing.
bool says_nothing(std::string_view value);

bool has_digits(std::string_view value);

/// "02/01/2022 10:11 AM", "1641636672"; not "no, 02/01/2022" or "0.0234567".
bool is_like_date(std::string_view value);

/// Behind what is there, with "; " between.
void add_text(std::string& text, std::string_view more);

}  // namespace postrider::subscribers
