#include "daemon/webhooks/finding.h"

#include "base/text.h"
#include "mail/failure_words.h"
#include "mail/report_parts.h"
#include "mail/status_code.h"

namespace postrider::daemon::webhooks {

namespace {

constexpr std::size_t longest_recipient = 320;  // octets: RFC 5321 §4.5.3.1 and some

std::string recipient_of(std::string_view text) {
  const auto begin = text.rfind('<');
  const auto end = text.rfind('>');
  if (begin != std::string_view::npos && end != std::string_view::npos && begin < end)
    text = text.substr(begin + 1, end - begin - 1);
  return printable(cut_utf8(trim(text), longest_recipient));
}

std::string rule_of(Provider provider, std::string_view by) {
  return "webhook." + std::string(name_of(provider)) + (by.empty() ? "" : ": ") + std::string(by);
}

}  // namespace

const Json& at(const Json& json, std::string_view path) {
  static const Json none;
  const auto* found = &json;
  for (const auto name : split(path, '.')) {
    if (!found->is_object()) return none;
    const auto next = found->find(std::string(name));
    if (next == found->end()) return none;
    found = &*next;
  }
  return *found;
}

std::string text_at(const Json& json, std::string_view path) {
  const auto& found = at(json, path);
  if (found.is_string()) return found.get<std::string>();
  return found.is_number() ? found.dump() : std::string();
}

std::string bare_id(std::string_view message_id) {
  message_id = trim(message_id);
  if (message_id.starts_with('<')) message_id.remove_prefix(1);
  if (message_id.ends_with('>')) message_id.remove_suffix(1);
  return std::string(message_id);
}

mail::Finding failed(Provider provider, const Failure& failure) {
  mail::Finding finding;
  finding.recipient = recipient_of(failure.recipient);
  finding.code = failure.code;
  finding.status = mail::leading_status(failure.status);
  const auto written = mail::find_status_code(failure.text);
  if (finding.code == 0) finding.code = written.code;
  if (finding.status.empty()) finding.status = written.status;
  const auto verdict = mail::judge_failure(finding.code, finding.status, failure.text,
                                           mail::domain_of(finding.recipient));
  finding.kind = verdict.kind;
  finding.reason = verdict.reason;
  finding.rule = rule_of(provider, verdict.rule);
  finding.text = mail::as_told(failure.text.empty() ? failure.said_by : failure.text);
  if (verdict.rule.empty()) {
    const auto [reason, kind] = mail::meaning(failure.otherwise);
    finding.kind = kind;
    finding.reason = reason;
    finding.rule = rule_of(provider, failure.said_by);
  }
  return finding;
}

mail::Finding plain(Provider provider, const std::string& recipient, mail::ReportKind kind,
                    std::string_view reason, std::string_view text) {
  mail::Finding finding;
  finding.recipient = recipient_of(recipient);
  finding.kind = kind;
  finding.reason = reason;
  finding.text = mail::as_told(text);
  finding.rule = rule_of(provider, {});
  return finding;
}

Told told(mail::Finding finding) {
  Told one;
  one.report.findings.push_back(std::move(finding));
  return one;
}

}  // namespace postrider::daemon::webhooks
