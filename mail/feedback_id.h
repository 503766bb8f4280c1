// The Feedback-ID header, by which Gmail's Postmaster Tools tell complaints apart.
#pragma once

#include <string>
#include <string_view>

namespace postrider::mail {

/// "ISSUE:LIST:postrider:SENDER" (support.google.com/mail/answer/6254652): three fields of the
/// sender's choice, and who sends. Google wants SENDER stable and of 5 to 15 characters: it is the
/// domain of From where that fits, else the first 12 hex digits of its SHA-256
/// (`printf DOMAIN | sha256sum | cut -c -12`). No field holds a colon or a blank: they become _.
std::string feedback_id(std::string_view issue, std::string_view list, std::string_view domain);

}  // namespace postrider::mail
