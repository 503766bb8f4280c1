#include "mail/dialects.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "mail/auto_reply.h"
#include "mail/dialect_forms.h"
#include "mail/failure_words.h"
#include "mail/report_parts.h"
#include "mail/status_code.h"

namespace postrider::mail {

namespace {

using std::string_view;

constexpr std::size_t longest_words = 64 << 10;
constexpr std::size_t longest_text = 4096;  // of one recipient

/// The lines of the report's own words, up to the returned message.
std::vector<string_view> own_lines(string_view words) {
  std::vector<string_view> lines;
  for (auto line : split(words, '\n')) {
    const auto small = to_lower(trim(line).substr(0, 60));
    const auto ends = returned_message_lines();
    const bool header = line.starts_with("Received:") || line.starts_with("Return-Path:");
    if (header || std::any_of(ends.begin(), ends.end(),
                              [&](string_view end) { return small.starts_with(end); }))
      break;
    lines.push_back(line);
  }
  return lines;
}

bool has_mark(const ReportForm& form, string_view words) {
  return holds(words, split(form.marks, '|'));
}

struct Named {
  std::string address;
  string_view rest;  // of the line
};

string_view without_bullet(string_view line) {
  while (!line.empty() && (line.front() == '*' || line.front() == '-' || line.front() == '#' ||
                           line.front() == '|' || line.front() == ' ' || line.front() == '\t'))
    line.remove_prefix(1);
  return line.starts_with("To: <") ? line.substr(4) : line;
}

/// "joe@a.example", "<joe@a.example>:", "'joe@a.example'<mailto:joe@a.example>" at the line's
/// beginning, and what is behind.
std::optional<Named> leading_address(string_view line) {
  const auto found = addresses_in(line.substr(0, 400), 1);
  if (found.empty()) return {};
  const auto at = line.find(found.front());
  constexpr string_view opening = "<\"'([";
  if (at > 2 || line.substr(0, at).find_first_not_of(opening) != string_view::npos) return {};
  auto rest = line.substr(at + found.front().size());
  while (!rest.empty() && string_view(">\"')]").find(rest.front()) != string_view::npos)
    rest.remove_prefix(1);
  if (rest.starts_with("<mailto:")) rest.remove_prefix(std::min(rest.size(), rest.find('>') + 1));
  return Named{found.front(), rest};
}

std::optional<Named> labelled_address(string_view line, string_view labels) {
  const auto small = to_lower(line);
  for (const auto label : split(labels, '|')) {
    if (label.empty() || !small.starts_with(label)) continue;
    const auto found = addresses_in(line.substr(label.size()), 1);
    if (found.empty()) continue;
    const auto at = line.find(found.front(), label.size());
    return Named{found.front(), line.substr(at + found.front().size())};
  }
  return {};
}

/// ">>> RCPT To:<joe@a.example>", "Sent <<< RCPT TO:<…>", "--> RCPT To:<…>".
std::optional<Named> dialog_address(string_view line) {
  const auto at = to_lower(line).find("rcpt to:");
  if (at == std::string::npos || at > 60) return {};
  const auto found = addresses_in(line.substr(at), 1);
  if (found.empty()) return {};
  return Named{found.front(), {}};
}

/// "550 5.1.1 <joe@a.example>... no such user" without its digits.
string_view without_digits(string_view line) {
  const auto end = line.find_first_not_of("0123456789.- ");
  return end == string_view::npos || end < 3 ? line : line.substr(end);
}

bool is_separator(string_view rest) {
  return rest.size() == 1 && !(rest[0] >= '0' && rest[0] <= '9');
}

/// Whether no other address is in what stands behind the first: in a list of recipients there is.
bool speaks_of(string_view address, string_view rest) {
  const auto more = addresses_in(rest, 1);
  return rest.front() == ':' || more.empty() || iequals(more.front(), address);
}

std::optional<Named> named_by(string_view line, const ReportForm& form) {
  auto text = trim(without_bullet(line));
  if (form.shapes & labelled)
    if (auto named = labelled_address(trim(line), form.labels)) return named;
  if (form.shapes & dialog) {
    if (auto named = dialog_address(line)) return named;
    text = without_digits(text);
  }
  const bool has_digits = text.size() < trim(without_bullet(line)).size();
  auto named = leading_address(text);
  if (!named) return {};
  const auto rest = trim(named->rest);
  bool fits = (form.shapes & with_text) && !rest.empty() && speaks_of(named->address, rest);
  if (rest.empty() || is_separator(rest))
    fits = (form.shapes & (alone | bracketed)) != 0;
  else if ((form.shapes & bracketed) && text.starts_with('<'))
    fits = fits || rest.starts_with(':') || rest.starts_with("...");
  if (!fits) return {};
  if (has_digits) named->rest = line;
  return named;
}

bool is_one_of(string_view address, const std::vector<std::string>& others) {
  return std::any_of(others.begin(), others.end(),
                     [&](const std::string& other) { return iequals(other, address); });
}

/// Collects what is told of each recipient. Several that are named without a word between them
/// share what follows.
class Teller {
 public:
  Teller(const ReportForm& form, const std::vector<std::string>& others)
      : form_(form), others_(others) {}

  void line(string_view line) {
    auto named = named_by(line, form_);
    if (named && is_one_of(named->address, others_)) named.reset();
    if (named) {
      name(*named);
    } else if (!current_.empty()) {
      const auto others = named_above(line);
      tell(line, others.empty() ? current_ : others);
    } else if (before_.size() < longest_text) {
      before_ += squeezed(line) + " ";
    }
  }

  std::vector<PlainFailure> all() && {
    for (auto& one : all_) {
      if (form_.shapes & reason_before) one.text = before_ + one.text;
      one.text = squeezed(one.text);
      if (one.text.empty()) one.text = squeezed(before_);
    }
    return std::move(all_);
  }

 private:
  void name(const Named& named) {
    if (told_) current_.clear();
    told_ = false;
    const auto known = std::find_if(all_.begin(), all_.end(), [&](const PlainFailure& one) {
      return iequals(one.recipient, named.address);
    });
    const auto at = static_cast<std::size_t>(known - all_.begin());
    if (known == all_.end()) {
      if (all_.size() >= most_recipients) return;
      all_.emplace_back();
      all_.back().recipient = named.address;
    }
    if (std::find(current_.begin(), current_.end(), at) == current_.end()) current_.push_back(at);
    const auto rest = trim(named.rest);
    if (rest.size() > 2) tell(rest.front() == ':' ? rest.substr(1) : rest, current_);
  }

  /// The recipients above that a line speaks of, where it speaks of none of those at hand: a
  /// transcript stands below the list of them all.
  std::vector<std::size_t> named_above(string_view line) const {
    std::vector<std::size_t> named;
    if (all_.size() < 2 || line.find('@') == string_view::npos) return named;
    for (const auto& address : addresses_in(line, 5)) {
      const auto found = std::find_if(all_.begin(), all_.end(), [&](const PlainFailure& one) {
        return iequals(one.recipient, address);
      });
      if (found == all_.end()) continue;
      const auto at = static_cast<std::size_t>(found - all_.begin());
      if (std::find(current_.begin(), current_.end(), at) != current_.end()) return {};
      named.push_back(at);
    }
    return named;
  }

  void tell(string_view line, const std::vector<std::size_t>& whom) {
    const auto words = squeezed(line);
    if (words.empty()) return;
    told_ = true;
    for (const auto at : whom)
      if (all_[at].text.size() < longest_text) all_[at].text += words + " ";
  }

  const ReportForm& form_;
  const std::vector<std::string>& others_;  // the sender's and the reporter's: no recipients
  std::vector<PlainFailure> all_;
  std::vector<std::size_t> current_;
  std::string before_;
  bool told_ = false;
};

/// Whom a report names besides the recipients.
std::vector<std::string> other_addresses(const Part& root) {
  std::vector<std::string> others;
  for (const auto* name :
       {"to", "from", "delivered-to", "x-original-to", "return-path", "reply-to"})
    for (auto& address : addresses_in(root.field(name), 5)) others.push_back(std::move(address));
  const auto returned = returned_fields(root);
  for (const auto* name : {"from", "return-path", "sender", "reply-to"})
    for (auto& address : addresses_in(first_field(returned, name), 5))
      others.push_back(std::move(address));
  return others;
}

/// Whom running text speaks of: the one address in it that is nobody's who serves.
std::string only_address(string_view text, const std::vector<std::string>& others) {
  std::string only;
  for (auto& address : addresses_in(text)) {
    const auto small = to_lower(address);
    const bool serves = small.starts_with("postmaster@") || small.starts_with("mailer-daemon@") ||
                        small.starts_with("abuse@") || small.starts_with("support@");
    if (serves || iequals(address, only) || is_one_of(address, others)) continue;
    if (!only.empty()) return {};
    only = std::move(address);
  }
  return only;
}

Fate fate_of(string_view words) {
  if (holds(words, success_words())) return Fate::delivered;
  return holds(words, delay_words()) ? Fate::delayed : Fate::failed;
}

void add_codes(PlainFailure& failure) {
  auto found = find_status_code(failure.text);
  failure.code = found.code;
  failure.status = std::move(found.status);
}

bool says_nothing(const PlainFailure& failure) {
  return judge_failure(failure.code, failure.status, failure.text, "").reason == "unknown";
}

/// What any mailer writes, in whatever form.
constexpr ReportForm any_form{"a mailer's words", "", bracketed | alone | with_text | dialog, "",
                              ""};

const ReportForm* form_of(string_view words, bool from_mailer) {
  for (const auto& form : report_forms())
    if ((from_mailer || !(form.shapes & mailer_only)) && has_mark(form, words)) return &form;
  return nullptr;
}

/// What the lines tell of each recipient; of none that is named, all of it.
std::vector<PlainFailure> told_by(const std::vector<string_view>& lines, string_view text,
                                  const ReportForm& form, const std::vector<std::string>& others) {
  Teller teller(form, others);
  for (const auto line : lines) teller.line(line);
  auto failures = std::move(teller).all();
  if (failures.empty()) {
    failures.emplace_back().recipient = only_address(text, others);
    failures.back().text = text;
  }
  for (auto& failure : failures) add_codes(failure);
  return failures;
}

}  // namespace

std::vector<PlainFailure> plain_failures(const Message& message) {
  const auto& root = message.root;
  const auto words = own_words(root);
  const auto lines = own_lines(string_view(words).substr(0, longest_words));
  const auto text = squeezed(join(lines, " "));
  const auto small = to_lower(text);
  const bool from_mailer = is_from_mailer(root);
  const auto* known = form_of(small, from_mailer);
  if (known == nullptr && !from_mailer) return {};
  const auto& form = known ? *known : any_form;
  auto failures = told_by(lines, text, form, other_addresses(root));
  if (failures.size() == 1 && says_nothing(failures.front())) {
    failures.front().text = text + " " + std::string(root.field("subject"));
    add_codes(failures.front());
  }
  for (auto& failure : failures) {
    failure.rule = form.name;
    failure.fate = fate_of(small);
  }
  return failures;
}

}  // namespace postrider::mail
