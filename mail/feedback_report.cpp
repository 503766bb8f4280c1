#include "mail/feedback_report.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/report_parts.h"

namespace postrider::mail {

namespace {

using std::string_view;

/// RFC 5965 §7.3, RFC 6591 §3.2.1, RFC 6430 (not-spam: the reader took it out of the spam folder),
/// and opt-out of the drafts. What is not in it is a complaint.
constexpr std::array<FeedbackType, 6> types{{
    {"not-spam", ReportKind::auto_reply, "not_spam"},
    {"auth-failure", ReportKind::policy, "authentication"},
    {"dmarc", ReportKind::policy, "authentication"},
    {"virus", ReportKind::content, "content"},
    {"opt-out", ReportKind::complaint, "opt_out"},
    {"fraud", ReportKind::complaint, "fraud"},
}};

constexpr FeedbackType complaint{"abuse", ReportKind::complaint, "complaint"};

/// RFC 6590 §2 hides the local part, some the whole.
bool is_redacted(string_view address) {
  const auto lower = to_lower(address);
  return lower.find("redact") != std::string::npos || lower.starts_with("x@") ||
         lower.find("xxxx@") != std::string::npos || lower.find("undisclosed") != std::string::npos;
}

void add(std::vector<std::string>& recipients, string_view text) {
  for (auto& address : addresses_in(text, 20))
    if (!is_redacted(address) &&
        std::find(recipients.begin(), recipients.end(), address) == recipients.end())
      recipients.push_back(std::move(address));
}

/// Whom the complained mail was for: what the returned fields tell, best first. Microsoft's X-
/// field tells whose complaint it is where the rest is hidden.
std::vector<std::string> from_returned(const std::vector<Field>& returned) {
  std::vector<std::string> recipients;
  for (const auto* name : {"x-hmxmroriginalrecipient", "x-original-to", "delivered-to", "to"}) {
    add(recipients, first_field(returned, name));
    if (recipients.size() == 1) return recipients;
    recipients.clear();  // none, or too many to know which
  }
  return recipients;
}

std::vector<Finding> findings_of(std::vector<std::string> recipients, const FeedbackType& type,
                                 string_view text, string_view rule) {
  if (recipients.empty()) recipients.emplace_back();
  std::vector<Finding> findings;
  for (auto& recipient : recipients) {
    Finding finding;
    finding.recipient = std::move(recipient);
    finding.kind = type.kind;
    finding.reason = type.reason;
    finding.text = as_told(text);
    finding.rule = rule;
    findings.push_back(std::move(finding));
  }
  return findings;
}

/// Microsoft's junk mail reports, and others that say in the subject what came from which address.
bool is_plain_complaint(const Part& root) {
  const auto subject = to_lower(root.field("subject"));
  return subject.starts_with("complaint about message from") ||
         (subject.starts_with("abuse report") && !root.parts.empty() &&
          !own_parts(root, "message/rfc822").empty());
}

}  // namespace

FeedbackType feedback_type(string_view name) {
  const auto* found = std::find_if(types.begin(), types.end(), [&](const FeedbackType& type) {
    return iequals(type.name, name);
  });
  return found == types.end() ? complaint : *found;
}

std::vector<Finding> read_feedback_report(const Message& message) {
  const auto& root = message.root;
  const auto parts = machine_parts(root, "feedback-report", true);
  const auto said = root.parameters.find("report-type");
  const bool in_frame = said != root.parameters.end() && iequals(said->second, "feedback-report");
  if (parts.empty() && !in_frame) {
    if (!is_plain_complaint(root)) return {};
    return findings_of(from_returned(returned_fields(root)), complaint, root.field("subject"),
                       "complaint by subject");
  }
  std::string name = "abuse";
  std::vector<std::string> recipients;
  if (!parts.empty()) {
    string_view content = parts.front()->content;
    const auto fields = take_fields(content);
    if (const auto type = first_field(fields, "feedback-type"); !type.empty())
      name = to_lower(type);
    for (const auto* field : {"original-rcpt-to", "removal-recipient"})
      for (const auto& one : fields)
        if (one.name == field) add(recipients, one.value);
  }
  if (recipients.empty()) recipients = from_returned(returned_fields(root));
  return findings_of(std::move(recipients), feedback_type(name), squeezed(own_words(root)),
                     "Feedback-Type: " + name.substr(0, 40));
}

}  // namespace postrider::mail
