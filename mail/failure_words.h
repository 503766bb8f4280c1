// Why a mail was refused, read from what the server said. The words outweigh the digits where they
// are clear: servers say "user unknown" under 5.7.1 and "mailbox full" under 5.1.1.
#pragma once

#include <string_view>

#include "mail/report.h"

namespace postrider::mail {

struct FailureVerdict {
  ReportKind kind;          // hard, soft, policy or content
  std::string_view reason;  // a word of failure_patterns.cpp: "unknown_mailbox", "full", …
  std::string_view rule;    // the pattern, or the digits, that decided: "no such {who}", "5.1.1"
};

/// Judges a failure that is final: of a report that was given up, or an SMTP refusal. Without words
/// that are known the status decides (RFC 3463), then the reply code; neither makes a mailbox hard
/// by a 4xx. `code` 0 and `status` "": those in the text. `domain` is the recipient's, in lower
/// case; it may be empty.
FailureVerdict judge_failure(int code, std::string_view status, std::string_view text,
                             std::string_view domain);

}  // namespace postrider::mail
