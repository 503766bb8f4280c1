// The digits of a refusal wherever a server or a person wrote them: the SMTP reply code (RFC 5321
// §4.2) and the enhanced status code (RFC 3463).
#pragma once

#include <string>
#include <string_view>

namespace postrider::mail {

struct StatusCode {
  int code = 0;        // 400..599; 0: none
  std::string status;  // "5.1.1"; empty: none
};

/// The first of each in the text: "said: 550-5.1.1 no such user", "Sorry, no mailbox (#5.1.1)". A
/// part of an address, a version or another number is none.
StatusCode find_status_code(std::string_view text);

/// The status at the very beginning of the text; empty: there is none.
std::string_view leading_status(std::string_view text);

}  // namespace postrider::mail
