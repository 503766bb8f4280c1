// The table of plain-text report forms: one row a form. A new form is a new row, and a file in
// tests/data/bounces that shows it.
#pragma once

#include <span>
#include <string_view>

namespace postrider::mail {

/// How lines name a recipient; a form has several.
enum LineShape : unsigned {
  bracketed = 1,  // <joe@a.example>:   or with text behind it
  alone = 2,      // joe@a.example      indented, quoted, in brackets or behind a bullet
  with_text = 4,  // joe@a.example: no such user
  dialog = 8,     // >>> RCPT To:<joe@a.example>
  labelled = 16,  // Recipient: joe@a.example
  // and besides
  reason_before = 32,  // what is wrong stands above the recipients
  mailer_only = 64     // people write the marks, too: the message is to be from a mailer
};

struct ReportForm {
  std::string_view name;
  std::string_view marks;   // phrases between '|', in small letters: one of them tells the form
  unsigned shapes;          // of LineShape
  std::string_view labels;  // for labelled: how such a line begins, between '|', in small letters
  std::string_view source;
};

std::span<const ReportForm> report_forms();

/// How the line begins, in small letters, behind which the returned message stands.
std::span<const std::string_view> returned_message_lines();

/// What a report says of a mail that is still tried, and of one that arrived.
std::span<const std::string_view> delay_words();
std::span<const std::string_view> success_words();

}  // namespace postrider::mail
