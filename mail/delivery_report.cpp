#include "mail/delivery_report.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/delivery_status.h"
#include "mail/failure_words.h"
#include "mail/report_parts.h"
#include "mail/status_code.h"

namespace postrider::mail {

namespace {

using std::string_view;

constexpr std::size_t most_words = 16 << 10;  // for people: looked through for each recipient

bool is_address(string_view text) { return text.find('@') != string_view::npos; }

/// "550-5.1.1 no such\n550 5.1.1 user", unfolded, says its digits on every line: once will do.
std::string without_repeats(string_view text) {
  const auto found = find_status_code(text);
  if (found.code == 0) return std::string(text);
  std::string out;
  const auto code = std::to_string(found.code);
  bool first = true;
  while (!text.empty()) {
    const auto at = text.find(code);
    const auto behind = text.substr(std::min(text.size(), at == string_view::npos ? at : at + 3));
    const bool alone = at == 0 || (at != string_view::npos && text[at - 1] == ' ');
    out += text.substr(0, at);
    if (at == string_view::npos) break;
    if (first || !alone || !(behind.starts_with('-') || behind.starts_with(' '))) {
      out += code;
      text = behind;
      first = first && !alone;
      continue;
    }
    text = behind.substr(1);
    const auto status = leading_status(text);
    text.remove_prefix(std::min(text.size(), status.empty() ? 0 : status.size() + 1));
  }
  return out;
}

bool generic(string_view status) { return status.empty() || status.ends_with(".0.0"); }

/// The words about one of several recipients: what follows its address, up to a blank line or the
/// line of the next address. The whole text where it is the only one.
std::string words_about(string_view words, string_view recipient, bool alone) {
  if (alone) return squeezed(words);
  const auto at = recipient.empty() ? string_view::npos : to_lower(words).find(to_lower(recipient));
  if (at == string_view::npos) return {};
  std::string told;
  bool first = true;
  for (const auto line : split(words.substr(at + recipient.size()), '\n')) {
    const bool blank = trim(line).empty();
    const bool next = !first && !blank && line.front() != ' ' && line.front() != '\t' &&
                      line.find('@') != string_view::npos;
    const bool ends = blank && told.size() > 4;  // more than ">:"
    if (next || ends || told.size() > longest_told) break;
    told += squeezed(line.substr(0, longest_told)) + " ";
    first = false;
  }
  return squeezed(told);
}

std::string recipient_of(const RecipientStatus& status) {
  const bool odd = !is_address(status.final_recipient) && is_address(status.original_recipient);
  return odd || status.final_recipient.empty() ? status.original_recipient : status.final_recipient;
}

/// Says what a failure or a delay is about: by the diagnostic; where that says nothing, by what the
/// report tells people about this recipient.
void judge(Finding& finding, const RecipientStatus& status, string_view words, bool alone) {
  auto text = without_repeats(status.diagnostic);
  const auto digits = find_status_code(text);
  finding.code = digits.code;
  finding.status = generic(status.status) && !digits.status.empty() ? digits.status : status.status;
  const auto domain = domain_of(finding.recipient);
  auto verdict = judge_failure(finding.code, finding.status, text, domain);
  if (verdict.reason == "unknown" || text.empty()) {
    const auto told = words_about(words, finding.recipient, alone);
    const auto by_words = judge_failure(finding.code, finding.status, told, domain);
    if (!told.empty() && by_words.reason != "unknown") {
      verdict = by_words;
      text = text.empty() ? told : text + " / " + told;
    }
  }
  finding.kind = verdict.kind;
  finding.reason = verdict.reason;
  finding.rule = verdict.rule;
  finding.text = as_told(text);
}

/// §2.3.3: delivered, relayed and expanded say nothing against the address.
bool is_success(const RecipientStatus& status) {
  static constexpr std::array<string_view, 3> words{"delivered", "relayed", "expanded"};
  if (std::find(words.begin(), words.end(), status.action) != words.end()) return true;
  return status.action.empty() && status.status.starts_with('2');
}

Finding finding_of(const RecipientStatus& status, string_view words, bool alone) {
  Finding finding;
  finding.recipient = recipient_of(status);
  if (!iequals(status.original_recipient, finding.recipient))
    finding.original = status.original_recipient;
  if (is_success(status)) {
    finding.status = status.status;
    finding.kind = ReportKind::auto_reply;
    finding.reason = "delivered";
    finding.text = as_told(status.diagnostic);
    finding.rule = "Action: " + (status.action.empty() ? "none, Status: 2" : status.action);
    return finding;
  }
  judge(finding, status, words, alone);
  if (status.action == "delayed") finding.kind = ReportKind::delayed;
  return finding;
}

/// A machine part whose type was lost stands among the words: from the paragraph of its first
/// recipient to the returned message or the next boundary.
string_view status_within(string_view words) {
  words = words.substr(0, 4 * most_words);
  const auto lower = to_lower(words);
  const auto at = lower.find("\nfinal-recipient:");
  if (at == string_view::npos) return {};
  const auto blank = lower.rfind("\n\n", at);
  const auto begin = blank == string_view::npos ? 0 : blank + 2;
  auto end = words.size();
  for (const auto* stop : {"\n--", "\nreceived:", "\nreturn-path:"})
    end = std::min(end, lower.find(stop, at));
  return words.substr(begin, end - begin);
}

}  // namespace

std::vector<Finding> read_delivery_report(const Message& message) {
  const auto words = own_words(message.root);
  std::vector<RecipientStatus> all;
  for (const auto* part : machine_parts(message.root, "delivery-status", true))
    for (auto& status : read_delivery_status(part->content)) all.push_back(std::move(status));
  if (all.empty()) all = read_delivery_status(status_within(words));
  std::vector<Finding> findings;
  for (const auto& status : all) {
    auto finding = finding_of(status, string_view(words).substr(0, most_words), all.size() == 1);
    const auto same = [&](const Finding& other) {
      return other.kind == finding.kind && iequals(other.recipient, finding.recipient);
    };
    if (std::none_of(findings.begin(), findings.end(), same))
      findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace postrider::mail
