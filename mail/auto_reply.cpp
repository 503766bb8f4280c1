#include "mail/auto_reply.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "mail/auto_reply_words.h"
#include "mail/report_parts.h"

namespace postrider::mail {

namespace {

using std::string_view;

bool begins(string_view text, std::span<const string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](string_view word) { return text.starts_with(word); });
}

/// The name of the first field that is in the set; empty: none is there.
string_view any_field(const Part& root, std::span<const string_view> names) {
  for (const auto& field : root.fields)
    if (std::find(names.begin(), names.end(), field.name) != names.end()) return field.name;
  return {};
}

std::string small_subject(const Part& root) {
  return small_letters(trim(root.field("subject").substr(0, 300)));
}

std::string value_of(const Part& root, string_view name) {
  return to_lower(trim(root.field(name).substr(0, 100)));
}

struct Evidence {
  string_view reason;  // empty: none
  std::string rule;
};

/// RFC 3834 §5 and the fields of before it.
Evidence by_fields(const Part& root) {
  if (const auto name = any_field(root, machine_fields()); !name.empty())
    return {"auto_reply", std::string(name)};
  const auto submitted = value_of(root, "auto-submitted");
  if (!submitted.empty() && submitted.substr(0, submitted.find_first_of(" ;")) != "no")
    return {"auto_reply", "Auto-Submitted: " + submitted};
  for (const auto* name : {"precedence", "x-precedence", "preference"})
    if (const auto value = value_of(root, name);
        value.starts_with("auto_reply") || value.starts_with("auto-reply"))
      return {"auto_reply", std::string(name) + ": " + value};
  const auto suppressed = value_of(root, "x-auto-response-suppress");
  if (suppressed.find("all") != std::string::npos || suppressed.find("oof") != std::string::npos)
    return {"auto_reply", "X-Auto-Response-Suppress"};
  if (value_of(root, "x-post-messageclass").starts_with("9"))
    return {"auto_reply", "X-POST-MessageClass"};
  // Whoever delivered it last has written one in front.
  for (const auto& field : root.fields)
    if (field.name == "delivered-to" && to_lower(field.value).starts_with("autoresponder"))
      return {"auto_reply", "Delivered-To"};
  return {};
}

Evidence evidence(const Part& root) {
  const auto subject = small_subject(root);
  if (holds(subject, challenge_words()) || !any_field(root, challenge_fields()).empty())
    return {"challenge", "challenge"};
  if (begins(subject, vacation_beginnings()) || holds(subject, vacation_words()))
    return {"vacation", "vacation subject"};
  return by_fields(root);
}

Finding answer_of(const Part& root, const Evidence& evidence) {
  Finding finding;
  if (const auto from = addresses_in(root.field("from"), 1); !from.empty())
    finding.recipient = from.front();
  finding.kind = ReportKind::auto_reply;
  finding.reason = evidence.reason;
  finding.text = as_told(root.field("subject"));
  finding.rule = evidence.rule;
  return finding;
}

}  // namespace

std::optional<Finding> read_receipt(const Message& message) {
  const auto parts = machine_parts(message.root, "disposition-notification", true);
  const auto said = message.root.parameters.find("report-type");
  const bool in_frame =
      said != message.root.parameters.end() && iequals(said->second, "disposition-notification");
  if (parts.empty() && !in_frame) return {};
  string_view content = parts.empty() ? string_view() : parts.front()->content;
  const auto fields = take_fields(content);
  Finding finding;
  const auto final_recipient = addresses_in(first_field(fields, "final-recipient"), 1);
  const auto original = addresses_in(first_field(fields, "original-recipient"), 1);
  if (!final_recipient.empty() || !original.empty())
    finding.recipient = final_recipient.empty() ? original.front() : final_recipient.front();
  finding.kind = ReportKind::auto_reply;
  finding.reason = "receipt";
  finding.text = as_told(first_field(fields, "disposition"));
  finding.rule = "disposition notification";
  return finding;
}

std::optional<Finding> read_auto_reply(const Message& message) {
  const auto found = evidence(message.root);
  if (found.reason.empty()) return {};
  return answer_of(message.root, found);
}

std::optional<Finding> read_nameless_answer(const Message& message) {
  const auto& root = message.root;
  const bool answers = is_answer_by_subject(root) || !root.field("in-reply-to").empty();
  if (!answers || !is_null_sender(root) || is_from_mailer(root)) return {};
  return answer_of(root, {"auto_reply", "an answer without a sender"});
}

bool has_machine_sign(const Part& root) {
  return !by_fields(root).reason.empty() || !root.field("precedence").empty() ||
         is_null_sender(root) || is_from_mailer(root);
}

bool is_from_mailer(const Part& root) {
  if (!root.field("x-failed-recipients").empty()) return true;
  const auto from = to_lower(root.field("from").substr(0, 300));
  const auto address = addresses_in(from, 1);
  const auto local = address.empty() ? from : address.front().substr(0, address.front().find('@'));
  // whoever answers as postmaster is a person, unless the envelope says otherwise
  if (local == "postmaster" && is_answer_by_subject(root) && !is_null_sender(root)) return false;
  const auto locals = mailer_locals();
  const auto is_local = [&](string_view name) {
    return local == name || local.starts_with(std::string(name) + "+");
  };
  if (std::any_of(locals.begin(), locals.end(), is_local)) return true;
  if (local.starts_with("microsoftexchange")) return true;
  const auto name = address.empty() ? from : replace_all(from, address.front(), "");
  if (holds(name, mailer_names())) return true;
  const auto path = root.field("return-path");
  if (!path.empty() && !is_null_sender(root)) return false;
  return is_failure_by_subject(root);
}

bool is_failure_by_subject(const Part& root) {
  return !is_answer_by_subject(root) && holds(small_subject(root), failure_subjects());
}

bool is_null_sender(const Part& root) {
  const auto path = to_lower(root.field("return-path"));
  return path == "<>" || path.find("mailer-daemon") != std::string::npos ||
         trim(root.field("from")) == "<>";
}

bool is_answer_by_subject(const Part& root) {
  static constexpr auto answers = std::to_array<string_view>(
      {"re:", "aw:", "sv:", "antw:", "fw:", "fwd:", "wg:", "tr:", "rv:", "vs:", "odp:", "回复:",
       "转发:", "回复：", "转发：", "на:", "ответ:",
       // receipts outside of their frame
       "read:", "not read:", "gelesen:", "ungelesen:", "lu:", "lu :", "non lu:", "leído:",
       "no leído:", "letto:", "lida:", "gelezen:", "läst:", "已读:", "開封済み:"});
  return begins(small_subject(root), answers);
}

}  // namespace postrider::mail
