#include "daemon/webhooks/ses.h"

#include <algorithm>

#include "base/text.h"
#include "daemon/webhooks/finding.h"
#include "mail/feedback_report.h"

namespace postrider::daemon::webhooks {

using mail::Cause;
using mail::ReportKind;

namespace {

constexpr std::size_t most_recipients = 50;  // of one mail at SES

struct SesClass {
  std::string_view type;
  std::string_view sub_type;
  Cause cause;
};

/// "Bounce types" of SES's documentation. Those on its lists of suppressed addresses are not tried.
constexpr SesClass ses_classes[] = {
    {"Permanent", "General", Cause::unknown_mailbox},
    {"Permanent", "NoEmail", Cause::unknown_mailbox},
    {"Permanent", "Suppressed", Cause::unknown_mailbox},
    {"Permanent", "OnAccountSuppressionList", Cause::unknown_mailbox},
    {"Permanent", "UnsubscribedRecipient", Cause::refused},
    {"Transient", "MailboxFull", Cause::full},
    {"Transient", "MessageTooLarge", Cause::size},
    {"Transient", "ContentRejected", Cause::content},
    {"Transient", "AttachmentRejected", Cause::content},
    {"Transient", "CustomTimeoutExceeded", Cause::expired},
};

Cause ses_cause(std::string_view type, std::string_view sub_type) {
  const auto* found = std::ranges::find_if(ses_classes, [&](const SesClass& one) {
    return one.type == type && one.sub_type == sub_type;
  });
  return found == std::end(ses_classes) ? Cause::unknown : found->cause;
}

std::vector<mail::Finding> bounces_in(const Json& bounce) {
  const auto type = text_at(bounce, "bounceType");
  const auto sub_type = text_at(bounce, "bounceSubType");
  std::vector<mail::Finding> findings;
  for (const auto& recipient : at(bounce, "bouncedRecipients")) {
    if (findings.size() >= most_recipients) break;
    findings.push_back(failed(Provider::ses, {.recipient = text_at(recipient, "emailAddress"),
                                              .status = text_at(recipient, "status"),
                                              .text = text_at(recipient, "diagnosticCode"),
                                              .said_by = type + " " + sub_type,
                                              .otherwise = ses_cause(type, sub_type)}));
  }
  return findings;
}

std::vector<mail::Finding> plain_ones(const Json& recipients, ReportKind kind,
                                      std::string_view reason, std::string_view text) {
  std::vector<mail::Finding> findings;
  for (const auto& recipient : recipients) {
    if (findings.size() >= most_recipients) break;
    const auto email =
        recipient.is_string() ? recipient.get<std::string>() : text_at(recipient, "emailAddress");
    findings.push_back(plain(Provider::ses, email, kind, reason, text));
  }
  return findings;
}

std::vector<mail::Finding> ses_findings(const Json& event) {
  auto type = text_at(event, "notificationType");
  if (type.empty()) type = text_at(event, "eventType");
  if (type == "Bounce") return bounces_in(at(event, "bounce"));
  if (type == "Complaint") {
    const auto& complaint = at(event, "complaint");
    const auto said = text_at(complaint, "complaintFeedbackType");
    const auto meaning = mail::feedback_type(said);
    return plain_ones(at(complaint, "complainedRecipients"), meaning.kind, meaning.reason,
                      said.empty() ? "complaint" : said);
  }
  if (type == "DeliveryDelay")
    return plain_ones(at(event, "deliveryDelay.delayedRecipients"), ReportKind::delayed, "",
                      text_at(event, "deliveryDelay.delayType"));
  if (type == "Reject")
    return plain_ones(at(event, "mail.destination"), ReportKind::content, "content",
                      text_at(event, "reject.reason"));
  return {};
}

/// The original mail's: SES sends it under a Message-ID of its own.
void add_hints(const Json& mail, mail::Report& report) {
  report.addressed_to.push_back(text_at(mail, "source"));
  report.message_ids.push_back(bare_id(text_at(mail, "commonHeaders.messageId")));
  for (const auto& header : at(mail, "headers")) {
    const auto name = text_at(header, "name");
    const auto value = text_at(header, "value");
    if (iequals(name, "Message-ID")) report.message_ids.push_back(bare_id(value));
    if (!iequals(name, "List-Unsubscribe")) continue;
    for (const auto link : split(value, ',')) report.unsubscribe_links.push_back(bare_id(link));
  }
}

}  // namespace

std::string ses_id(const Json& event) {
  const auto id = text_at(event, "bounce.feedbackId");
  return id.empty() ? text_at(event, "complaint.feedbackId") : id;
}

std::optional<Told> read_ses(const Json& event) {
  auto findings = ses_findings(event);
  if (findings.empty()) return {};
  Told one;
  one.report.findings = std::move(findings);
  add_hints(at(event, "mail"), one.report);
  one.mail_id = text_at(event, "mail.messageId");
  return one;
}

}  // namespace postrider::daemon::webhooks
