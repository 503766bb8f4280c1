// What comes back after sending: a report says what became of a mail for each of its recipients.
// One reader for what a mailbox holds and what a server delivers; pure, on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"

namespace postrider::mail {

/// The numbers are stored.
enum class ReportKind : std::uint8_t {
  hard = 0,    // unknown or moved mailbox, or a domain that does not exist or takes no mail
  soft,        // of the recipient or of the way to them, and may pass: full, disabled, network
  policy,      // refused for the sender's reputation, authentication or policy
  content,     // the message's size or content
  complaint,   // the reader called it spam
  auto_reply,  // a machine's answer that says nothing against the address
  delayed,     // still being tried
  unrecognised
};

/// "hard", "auto_reply", …: the words of docs and JSON.
std::string_view kind_name(ReportKind kind);
std::optional<ReportKind> parse_kind(std::string_view name);

/// What a report says of one recipient.
struct Finding {
  std::string recipient;  // as reported, "joe@a.example"; empty: none found, or redacted
  std::string original;   // the address that was sent to, where the report names another as well
  std::string status;     // RFC 3463: "5.1.1"; empty: none
  int code = 0;           // SMTP reply code; 0: none
  ReportKind kind = ReportKind::unrecognised;
  std::string reason;  // one word of a closed set: of a failure, Cause's (failure_patterns.h); else
                       // delivered, vacation, auto_reply, challenge, receipt, complaint, opt_out,
                       // fraud, not_spam, authentication or content; of a person's message
                       // asks_to_leave, reply, or none
  std::string text;    // the reporter's own words, UTF-8, printable, at most 512 octets
  std::string rule;    // which rule said so
};

struct Report {
  std::vector<Finding> findings;  // at least one; of a message that says nothing, one unrecognised
  bool from_person = false;       // no report and no machine's answer: a reply or ordinary mail
  bool perhaps_person = false;    // a vacation note, which its subject alone tells
  bool cut = false;               // not all of it was read: mail/message.h
  std::string message_id;         // of the report itself, without <>

  // Hints by which it may be matched; whoever wrote the message chose them.
  std::vector<std::string> addressed_to;       // addresses that the report was sent to
  std::vector<std::string> message_ids;        // of the mail it is about, without <>
  std::vector<std::string> unsubscribe_links;  // URLs of that mail's List-Unsubscribe

  // Of a person's message.
  std::string from;            // its writer's address; empty: none, or several
  bool asks_to_leave = false;  // mail/leaving.h
  bool forwarded = false;      // by us, before: mail/forwarding.h
  std::string loop_sign;       // the same
};

Report read_report(const Message& message);

}  // namespace postrider::mail
