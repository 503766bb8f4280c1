// What the readers of all providers' events have in common. Pure, on any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/webhooks/provider.h"
#include "mail/failure_patterns.h"

namespace postrider::daemon::webhooks {

/// The text at a path of names ("mail.messageId"); a number as its digits; empty: there is none.
std::string text_at(const Json& json, std::string_view path);
/// What is there; null: nothing.
const Json& at(const Json& json, std::string_view path);

/// "<id@host>" without its angle brackets.
std::string bare_id(std::string_view message_id);

/// What a provider says of one recipient's failure.
struct Failure {
  std::string recipient;
  int code = 0;           // SMTP's; 0: none
  std::string status{};   // RFC 3463; empty: none
  std::string text{};     // what the recipient's server said
  std::string said_by{};  // the provider's own class, for the text where there is no other
  mail::Cause otherwise = mail::Cause::unknown;  // of that class: where the server says nothing
};

/// A failure for good, judged by the server's words and digits, else by the provider's class.
mail::Finding failed(Provider provider, const Failure& failure);

/// What needs no judgement: a complaint, a delay, ….
mail::Finding plain(Provider provider, const std::string& recipient, mail::ReportKind kind,
                    std::string_view reason, std::string_view text);

/// A report with that finding alone.
Told told(mail::Finding finding);

}  // namespace postrider::daemon::webhooks
