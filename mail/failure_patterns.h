// The table of words in which servers refuse: one row a phrase. A new phrase is a new row in
// failure_patterns.cpp; a test says whether an earlier row takes its words.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "mail/report.h"

namespace postrider::mail {

enum class Cause : std::uint8_t {
  unknown_mailbox,
  moved,
  bad_domain,      // it does not exist
  no_mail_domain,  // it exists and takes no mail
  disabled,
  full,
  rate,  // too much at once, or greylisted
  loop,
  expired,
  network,
  server,  // its own trouble
  protocol,
  unknown,
  policy,
  relay,
  sender,   // the sender's address is refused
  refused,  // by the reader's own wish
  authentication,
  reputation,
  spam,
  content,
  size,
};

struct CauseMeaning {
  std::string_view reason;
  ReportKind kind;
};
CauseMeaning meaning(Cause cause);

/// `words` are a pattern of pattern_match.h, matched against folded words; in them `{who}` stands
/// for a mailbox or its owner, `{box}` for what can be full or disabled, `{tail}` for its name
/// behind it.
struct FailurePattern {
  std::string_view words;
  Cause cause;
  std::string_view source;       // a server that says so, or the document that tells of it
  std::string_view domain = {};  // only of recipients there, and below; empty: of all
};

/// Clear words, which outweigh the digits. The first row that matches decides.
std::span<const FailurePattern> clear_patterns();

/// Vague words, asked only where the status says nothing (RFC 3463 x.0.0, 5.5.0, 5.4.1, …).
std::span<const FailurePattern> vague_patterns();

/// The names in braces: "{who}" → "(user|mailbox|…)".
std::string_view pattern_group(std::string_view name);

}  // namespace postrider::mail
