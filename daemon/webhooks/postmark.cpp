#include "daemon/webhooks/postmark.h"

#include <algorithm>

#include "base/signature.h"
#include "base/text.h"
#include "daemon/webhooks/finding.h"
#include "mail/message.h"

namespace postrider::daemon::webhooks {

using mail::Cause;
using mail::ReportKind;

namespace {

struct PostmarkFailure {
  std::string_view name;
  Cause cause;
};

/// The Type of a bounce that is a failure ("Bounce types" of its documentation).
constexpr PostmarkFailure postmark_failures[] = {
    {"HardBounce", Cause::unknown_mailbox},
    {"BadEmailAddress", Cause::unknown_mailbox},
    {"SoftBounce", Cause::unknown},
    {"DnsError", Cause::network},
    {"SpamNotification", Cause::spam},
    {"VirusNotification", Cause::content},
    {"Blocked", Cause::policy},
    {"DMARCPolicy", Cause::authentication},
    {"Undeliverable", Cause::unknown},
    {"Unknown", Cause::unknown},
};

struct PostmarkNotice {
  std::string_view name;
  ReportKind kind;
  std::string_view reason;
};

/// The others that say something of the recipient or of their wishes.
constexpr PostmarkNotice postmark_notices[] = {
    {"Transient", ReportKind::delayed, ""},
    {"AutoResponder", ReportKind::auto_reply, "auto_reply"},
    {"AddressChange", ReportKind::auto_reply, "auto_reply"},
    {"ChallengeVerification", ReportKind::auto_reply, "challenge"},
    {"Unsubscribe", ReportKind::complaint, "opt_out"},
    {"SpamComplaint", ReportKind::complaint, "complaint"},
};

/// What the server said, and what Postmark says of it where that is all.
mail::Finding postmark_bounce(const Json& event) {
  const auto type = text_at(event, "Type");
  const auto recipient = text_at(event, "Email");
  const auto details = text_at(event, "Details");
  const auto description = text_at(event, "Description");
  const auto* notice = std::ranges::find_if(
      postmark_notices, [&](const PostmarkNotice& one) { return one.name == type; });
  if (notice != std::end(postmark_notices))
    return plain(Provider::postmark, recipient, notice->kind, notice->reason,
                 details.empty() ? description : details);
  const auto* failure = std::ranges::find_if(
      postmark_failures, [&](const PostmarkFailure& one) { return one.name == type; });
  if (failure == std::end(postmark_failures))
    return plain(Provider::postmark, recipient, ReportKind::unrecognised, "",
                 type + ": " + description);
  return failed(
      Provider::postmark,
      {.recipient = recipient, .text = details, .said_by = type, .otherwise = failure->cause});
}

/// On streams for broadcasts an address that Postmark does not mail any more; what an operator or
/// its pages of unsubscribing put there is theirs.
std::optional<mail::Finding> postmark_suppression(const Json& event) {
  const auto recipient = text_at(event, "Recipient");
  const auto reason = text_at(event, "SuppressionReason");
  if (at(event, "SuppressSending") != true) return {};
  if (reason == "SpamComplaint")
    return plain(Provider::postmark, recipient, ReportKind::complaint, "complaint", reason);
  if (reason == "HardBounce")
    return failed(Provider::postmark,
                  {.recipient = recipient, .said_by = reason, .otherwise = Cause::unknown_mailbox});
  if (reason == "ManualSuppression" && text_at(event, "Origin") == "Recipient")
    return plain(Provider::postmark, recipient, ReportKind::complaint, "opt_out", reason);
  return {};
}

std::optional<mail::Finding> postmark_finding(const Json& event) {
  const auto type = text_at(event, "RecordType");
  if (type == "Bounce") return postmark_bounce(event);
  if (type == "SpamComplaint")
    return plain(Provider::postmark, text_at(event, "Email"), ReportKind::complaint, "complaint",
                 text_at(event, "Details"));
  if (type == "SubscriptionChange") return postmark_suppression(event);
  return {};
}

}  // namespace

std::string_view why_not_postmark(std::string_view field, const std::string& username,
                                  const std::string& password) {
  const auto space = field.find(' ');
  if (space == std::string_view::npos || !iequals(field.substr(0, space), "basic"))
    return "has no name and password; write them into the webhook at Postmark";
  const auto said = from_base64(trim(field.substr(space)));
  if (!said || !equal_secrets(*said, username + ":" + password))
    return "has another name or password than webhooks.postmark_username and "
           "webhooks.postmark_password_file";
  return {};
}

std::optional<std::vector<Event>> postmark_events(const Json& body) {
  if (!body.is_object()) return {};
  const auto type = text_at(body, "RecordType");
  auto id = text_at(body, "ID");
  if (id.empty()) id = text_at(body, "MessageID") + " " + text_at(body, "ChangedAt");
  return std::vector<Event>{{type + " " + id, body.dump()}};
}

/// Postmark names the mail by an id of its own alone; the returned mail, where it is told to send
/// that too, has ours.
std::optional<Told> read_postmark(const Json& event) {
  auto finding = postmark_finding(event);
  if (!finding) return {};
  auto one = told(std::move(*finding));
  one.mail_id = text_at(event, "MessageID");
  if (const auto content = text_at(event, "Content"); !content.empty()) {
    auto returned = mail::read_report(mail::read_message(content));
    one.report.addressed_to = std::move(returned.addressed_to);
    one.report.message_ids = std::move(returned.message_ids);
    one.report.unsubscribe_links = std::move(returned.unsubscribe_links);
  }
  return one;
}

}  // namespace postrider::daemon::webhooks
