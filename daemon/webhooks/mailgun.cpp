#include "daemon/webhooks/mailgun.h"

#include <algorithm>

#include "base/signature.h"
#include "base/text.h"
#include "daemon/webhooks/finding.h"
#include "daemon/webhooks/stamp.h"

namespace postrider::daemon::webhooks {

using mail::Cause;
using mail::ReportKind;

namespace {

constexpr std::size_t longest_token = 128;  // it has 50 characters

struct MailgunReason {
  std::string_view name;
  Cause cause;
};

/// Where the server said nothing: it was not asked, or not reached.
constexpr MailgunReason mailgun_reasons[] = {
    {"suppress-bounce", Cause::unknown_mailbox},
    {"bounce", Cause::unknown},
    {"old", Cause::expired},
    {"greylisted", Cause::rate},
    {"generic", Cause::unknown},
    {"espblock", Cause::reputation},
};

/// Mailgun's own codes (605 for "not delivering to previously bounced address") are not SMTP's.
int code_in(const Json& event) {
  const auto& code = at(event, "delivery-status.code");
  const auto number = code.is_number_integer() ? code.get<std::int64_t>() : 0;
  return number >= 400 && number < 600 ? static_cast<int>(number) : 0;
}

std::string words_in(const Json& event) {
  const auto message = text_at(event, "delivery-status.message");
  return message.empty() ? text_at(event, "delivery-status.description") : message;
}

mail::Finding given_up(const Json& event) {
  const auto recipient = text_at(event, "recipient");
  const auto reason = text_at(event, "reason");
  const auto words = words_in(event);
  if (reason == "suppress-complaint")
    return plain(Provider::mailgun, recipient, ReportKind::complaint, "complaint", words);
  if (reason == "suppress-unsubscribe")
    return plain(Provider::mailgun, recipient, ReportKind::complaint, "opt_out", words);
  const auto* found = std::ranges::find_if(
      mailgun_reasons, [&](const MailgunReason& one) { return one.name == reason; });
  const auto cause = found == std::end(mailgun_reasons) ? Cause::unknown : found->cause;
  if (reason == "suppress-bounce") {
    const auto [word, kind] = mail::meaning(cause);
    return plain(Provider::mailgun, recipient, kind, word, words);
  }
  return failed(Provider::mailgun, {.recipient = recipient,
                                    .code = code_in(event),
                                    .status = text_at(event, "delivery-status.enhanced-code"),
                                    .text = words,
                                    .said_by = reason,
                                    .otherwise = cause});
}

std::optional<mail::Finding> mailgun_finding(const Json& event) {
  const auto name = text_at(event, "event");
  const auto recipient = text_at(event, "recipient");
  if (name == "complained")
    return plain(Provider::mailgun, recipient, ReportKind::complaint, "complaint", name);
  if (name != "failed") return {};
  if (text_at(event, "severity") == "temporary")
    return plain(Provider::mailgun, recipient, ReportKind::delayed, "", words_in(event));
  return given_up(event);
}

}  // namespace

std::string_view why_not_mailgun(const HmacSha256& key, const Json& body, Instant now) {
  const auto time = text_at(body, "signature.timestamp");
  const auto token = text_at(body, "signature.token");
  const auto signature = text_at(body, "signature.signature");
  if (token.empty() || signature.empty()) return "has no signature";
  const auto at = seconds_since_1970(time);
  if (!at || token.size() > longest_token || !equal_secrets(hex(key(time, token)), signature))
    return "is not signed by the key of webhooks.mailgun_key_file; write Mailgun's HTTP webhook "
           "signing key there";
  return is_of_late(*at, now, mailgun_patience) ? "" : not_of_late;
}

std::optional<std::vector<Event>> mailgun_events(const Json& body) {
  const auto& event = at(body, "event-data");
  if (!event.is_object()) return {};
  return std::vector<Event>{{text_at(body, "signature.token"), event.dump()}};
}

std::optional<Told> read_mailgun(const Json& event) {
  auto finding = mailgun_finding(event);
  if (!finding) return {};
  auto one = told(std::move(*finding));
  if (auto id = bare_id(text_at(event, "message.headers.message-id")); !id.empty())
    one.report.message_ids.push_back(std::move(id));
  return one;
}

}  // namespace postrider::daemon::webhooks
