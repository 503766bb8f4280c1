// Header fields: RFC 5322 syntax, RFC 2047 words. Whatever is passed in, the output holds no bare
// CR, LF or NUL and no line over 998 octets: no value can start a field of its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/address.h"

namespace postrider::mail {

/// Free text (a subject): folded at 76 columns; RFC 2047 words where it is not plain ASCII, never
/// splitting a character. `column`: where the text begins, after "Subject: ". Control characters
/// become spaces.
std::string encode_text(std::string_view utf8, std::size_t column);

/// `"Webster, Joe" <joe@report.example>`, folded; the name by RFC 2047 where it is not ASCII.
std::string encode_mailbox(const Mailbox& mailbox, std::size_t column);

/// "Mon, 10 Jan 2022 13:00:00 +0000" (RFC 5322 §3.3).
std::string encode_date(Instant instant);

/// Appends "Name: value\r\n". The value is encoded already; control characters other than folding
/// (CRLF and a blank) become spaces. A line that would pass 998 octets is folded there, come what
/// may: values are to keep to lines of their own by encode_text and encode_mailbox.
void append_header(std::string& out, std::string_view name, std::string_view value);

}  // namespace postrider::mail
