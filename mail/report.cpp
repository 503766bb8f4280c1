#include "mail/report.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/auto_reply.h"
#include "mail/delivery_report.h"
#include "mail/dialects.h"
#include "mail/failure_words.h"
#include "mail/feedback_report.h"
#include "mail/forwarding.h"
#include "mail/leaving.h"
#include "mail/report_parts.h"

namespace postrider::mail {

namespace {

constexpr std::array<std::string_view, 8> kind_names{
    "hard", "soft", "policy", "content", "complaint", "auto_reply", "delayed", "unrecognised"};

using std::string_view;

constexpr std::size_t most_hints = 50;

void add(std::vector<std::string>& to, std::vector<std::string> more) {
  for (auto& one : more)
    if (to.size() < most_hints && std::find(to.begin(), to.end(), one) == to.end())
      to.push_back(std::move(one));
}

/// The ids of a field; one without <> counts, too.
std::vector<std::string> ids_in(string_view value) {
  auto ids = in_brackets(value);
  if (ids.empty() && value.find('@') != string_view::npos) ids.emplace_back(trim(value));
  return ids;
}

/// What may tell which mail of ours it is about (Report's hints).
void add_hints(Report& report, const Part& root, const std::vector<Field>& returned) {
  for (const auto* name : {"delivered-to", "x-original-to", "envelope-to", "x-envelope-to",
                           "x-delivered-to", "x-rcpt-to", "apparently-to", "to", "cc"})
    for (const auto& field : root.fields)
      if (field.name == name) add(report.addressed_to, addresses_in(field.value));
  // the returned mail's envelope sender is where a report of it belongs
  add(report.addressed_to, addresses_in(first_field(returned, "return-path")));
  add(report.message_ids, ids_in(first_field(returned, "message-id")));
  for (const auto* kind : {"delivery-status", "disposition-notification", "feedback-report"})
    for (const auto* part : machine_parts(root, kind, true)) {
      string_view content = part->content;
      const auto fields = take_fields(content);
      for (const auto* name : {"original-message-id", "x-original-message-id"})
        add(report.message_ids, ids_in(first_field(fields, name)));
    }
  for (const auto* name : {"in-reply-to", "references"})
    add(report.message_ids, in_brackets(root.field(name)));
  add(report.unsubscribe_links, in_brackets(first_field(returned, "list-unsubscribe")));
  const auto own = ids_in(root.field("message-id"));
  if (!own.empty()) report.message_id = own.front();
}

bool is_report(const Part& root) { return root.type == "multipart/report"; }

/// It names nobody, no digits and no cause: a mailer wrote it, and what it means is not known.
bool says_nothing(const Finding& finding, string_view cause) {
  return cause == "unknown" && finding.recipient.empty() && finding.status.empty() &&
         finding.code == 0;
}

Finding finding_of(PlainFailure failure) {
  const auto verdict =
      judge_failure(failure.code, failure.status, failure.text, domain_of(failure.recipient));
  const bool delivered = failure.fate == Fate::delivered;
  Finding finding;
  finding.recipient = std::move(failure.recipient);
  finding.status = std::move(failure.status);
  finding.code = failure.code;
  finding.kind = verdict.kind;
  if (says_nothing(finding, verdict.reason)) finding.kind = ReportKind::unrecognised;
  if (delivered) finding.kind = ReportKind::auto_reply;
  if (failure.fate == Fate::delayed) finding.kind = ReportKind::delayed;
  finding.reason = delivered ? "delivered" : verdict.reason;
  finding.text = as_told(failure.text);
  finding.rule = failure.rule;
  if (!delivered && !verdict.rule.empty()) finding.rule += ": " + std::string(verdict.rule);
  return finding;
}

/// The reports of the forms that are made for people alone.
std::vector<Finding> read_plain_report(const Message& message) {
  std::vector<Finding> findings;
  for (auto& failure : plain_failures(message)) findings.push_back(finding_of(std::move(failure)));
  return findings;
}

std::vector<Finding> machine_findings(const Message& message, bool from_machine) {
  if (auto found = read_feedback_report(message); !found.empty()) return found;
  // Outside the frame of a report, a machine part may be one that a person attached.
  const auto& root = message.root;
  const bool framed = !machine_parts(root, "delivery-status", false).empty() ||
                      root.type == "message/delivery-status";
  if (framed || from_machine)
    if (auto found = read_delivery_report(message); !found.empty()) return found;
  if (auto receipt = read_receipt(message)) return {*std::move(receipt)};
  return {};
}

/// Whether a message that no machine is known to have sent may be a report. Who answers, or sends a
/// mail of their own, may quote one.
bool may_report(const Part& root) {
  if (is_answer_by_subject(root) || !root.field("in-reply-to").empty()) return false;
  return root.field("return-path").empty() || is_failure_by_subject(root);
}

/// A report of failure has a machine's fields like a vacation note, which may quote a report: who
/// sent it, and its frame, tell them apart.
std::vector<Finding> findings_of(const Message& message) {
  const auto& root = message.root;
  const bool reports = is_from_mailer(root) || is_report(root);
  const bool from_machine = reports || is_null_sender(root);
  if (auto found = machine_findings(message, from_machine); !found.empty()) return found;
  const auto reply = read_auto_reply(message);
  const bool vacation = reply && reply->reason == "vacation" && !is_report(root);
  if (vacation || (reply && !reports)) return {*reply};
  if (from_machine || may_report(root))
    if (auto found = read_plain_report(message); !found.empty()) return found;
  // A mailer's own words that no reader knows are kept, whatever its fields say.
  if (reply && reply->reason != "auto_reply") return {*reply};
  if (auto answer = read_nameless_answer(message)) return {*std::move(answer)};
  return {};
}

/// Whom an undelivered mail was for, where the report does not say: a mail of ours has one reader.
void name_recipient(Finding& finding, const Part& root, const std::vector<Field>& returned) {
  const bool named = finding.recipient.find('@') != std::string::npos;
  if (named || finding.kind == ReportKind::complaint) return;
  for (const auto value : {root.field("x-failed-recipients"), first_field(returned, "to")})
    if (auto addresses = addresses_in(value, 2); addresses.size() == 1) {
      finding.recipient = std::move(addresses.front());
      return;
    }
}

void read_person(Report& report, const Message& message) {
  const auto& root = message.root;
  if (auto from = addresses_in(root.field("from"), 2); from.size() == 1)
    report.from = std::move(from.front());
  report.asks_to_leave = asks_to_leave(message);
  report.forwarded = was_forwarded(root);
  report.loop_sign = loop_sign(root);
  const bool answers = is_answer_by_subject(root) || !root.field("in-reply-to").empty();
  report.findings.front().reason = report.asks_to_leave ? "asks_to_leave" : answers ? "reply" : "";
}

}  // namespace

string_view kind_name(ReportKind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }

std::optional<ReportKind> parse_kind(string_view name) {
  const auto found = std::find(kind_names.begin(), kind_names.end(), name);
  if (found == kind_names.end()) return {};
  return static_cast<ReportKind>(found - kind_names.begin());
}

Report read_report(const Message& message) {
  const auto& root = message.root;
  const auto returned = returned_fields(root);
  Report report;
  report.cut = message.cut;
  add_hints(report, root, returned);
  report.findings = findings_of(message);
  if (report.findings.empty()) {
    report.from_person = !is_report(root) && !is_null_sender(root) && !is_from_mailer(root);
    report.findings.emplace_back().text = as_told(root.field("subject"));
    if (report.from_person) read_person(report, message);
  }
  report.perhaps_person = report.findings.front().reason == "vacation" && !has_machine_sign(root);
  if (!report.from_person && report.findings.size() == 1)
    name_recipient(report.findings.front(), root, returned);
  return report;
}

}  // namespace postrider::mail
