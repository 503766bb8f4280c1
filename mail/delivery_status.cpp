#include "mail/delivery_status.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mail/report_parts.h"
#include "mail/status_code.h"

namespace postrider::mail {

namespace {

using std::string_view;

/// "rfc822; joe@a.example" → "joe@a.example" (§2.1.2); the type is a word, or missing.
string_view without_type(string_view value) {
  const auto semicolon = value.find(';');
  const auto type = trim(value.substr(0, semicolon));
  const bool is_type = !type.empty() && (type.front() < '0' || type.front() > '9') &&
                       type.find_first_of(" @:") == string_view::npos;
  if (semicolon == string_view::npos || !is_type) return trim(value);
  return trim(value.substr(semicolon + 1));
}

std::string address_of_field(string_view value) {
  const auto said = without_type(value);
  const auto found = addresses_in(said, 1);
  return found.empty() ? squeezed(said.substr(0, 320)) : found.front();
}

/// "5.1.1 (unknown user)", "5.1.1_unknown", "#5.1.1".
std::string status_of(string_view value) {
  value = trim(value);
  if (value.starts_with('#')) value.remove_prefix(1);
  return std::string(leading_status(value));
}

std::string first_word(string_view value) {
  value = trim(value);
  return to_lower(value.substr(0, value.find_first_of(" \t(;,")));
}

void set(std::string& into, std::string value) {
  if (into.empty()) into = std::move(value);
}

bool names_recipient(const Field& field) {
  return field.name == "final-recipient" || field.name == "original-recipient";
}

bool says_something(const RecipientStatus& status) {
  return !status.action.empty() || !status.status.empty() || !status.diagnostic.empty();
}

void take(RecipientStatus& current, const Field& field) {
  const auto& [name, value] = field;
  if (name == "final-recipient")
    set(current.final_recipient, address_of_field(value));
  else if (name == "original-recipient" || name == "x-actual-recipient")
    set(current.original_recipient, address_of_field(value));
  else if (name == "action")
    set(current.action, first_word(value));
  else if (name == "status")
    set(current.status, status_of(value));
  else if (name == "diagnostic-code" || name == "x-supplementary-info")
    set(current.diagnostic, squeezed(without_type(value).substr(0, longest_told)));
}

class StatusReader {
 public:
  /// Fields without a blank line between them. A group that names a recipient is the next one's,
  /// unless all that is known of the last are its names.
  void group(const std::vector<Field>& fields) {
    const bool names = std::any_of(fields.begin(), fields.end(), names_recipient);
    if (names && says_something(all_.back())) open();
    for (const auto& field : fields) {
      const auto& last = all_.back();
      if ((field.name == "final-recipient" && !last.final_recipient.empty()) ||
          (field.name == "original-recipient" && !last.original_recipient.empty()))
        open();
      take(all_.back(), field);
    }
    told_ = fields.empty() ? told_ : fields.back().name == "diagnostic-code";
  }

  /// A line that is no field: some servers go on with the diagnostic's text without a blank.
  void other_line(string_view line) {
    auto& told = all_.back().diagnostic;
    if (told_ && told.size() < longest_told) told += " " + squeezed(line.substr(0, longest_told));
  }

  std::vector<RecipientStatus> all() && {
    const auto& last = all_.back();
    if (last.final_recipient.empty() && last.original_recipient.empty() && !says_something(last))
      all_.pop_back();
    return std::move(all_);
  }

 private:
  void open() {
    if (all_.size() < most_recipients) all_.emplace_back();
  }

  std::vector<RecipientStatus> all_ = std::vector<RecipientStatus>(1);
  bool told_ = false;  // the last field was the diagnostic
};

}  // namespace

std::vector<RecipientStatus> read_delivery_status(string_view content) {
  StatusReader reader;
  while (!content.empty()) {
    const auto before = content.size();
    reader.group(take_fields(content));
    if (content.size() < before) continue;
    const auto end = content.find('\n');
    reader.other_line(content.substr(0, end));
    content.remove_prefix(end == string_view::npos ? before : end + 1);
  }
  return std::move(reader).all();
}

}  // namespace postrider::mail
