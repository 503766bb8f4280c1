// MIME bodies (RFC 2045, 2046): encoders and the frame of a multipart message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postrider::mail {

/// Appends text (LF or CRLF line ends) as quoted-printable with CRLF, lines of at most 76 octets.
/// `column`: where the output line stands, updated; pieces can so be encoded one by one. Besides
/// what RFC 2045 §6.7 demands, a dot at the start of a line, a blank after a blank, and a blank at
/// a line's end are encoded, so that neither SMTP dot-stuffing nor DKIM's relaxed form changes a
/// single octet.
void append_quoted_printable(std::string& out, std::string_view text, std::size_t& column);

/// Base64 in lines of 76 with CRLF, for images.
std::string base64_lines(std::string_view bytes);

/// A boundary that cannot occur in quoted-printable or base64 ("=_" begins it), from a seed.
std::string boundary(std::string_view seed, int level);

}  // namespace postrider::mail
