// How the reader stands, by the fields that say so: statuses, flags, dates and answers.
#include "base/text.h"
#include "subscribers/formats/columns_row.h"
#include "subscribers/formats/date.h"
#include "subscribers/formats/field_text.h"
#include "subscribers/formats/standing_columns.h"

namespace postrider::subscribers {

namespace {

constexpr std::string_view unsure =
    "is no date that is sure; write it as 2022-01-31 or 2022-01-31T08:00:00Z";

Finding unknown_status(const std::string& title, std::string_view value, std::string_view known) {
  return {"unknown status",
          title + " \"" + printable(cut_utf8(value, 100)) +
              "\" does not say how the reader stands; known are: " + std::string(known) +
              "; rename the column if it is about something else"};
}

std::string first_words(const Platform& platform) {
  std::string words;
  for (const auto& [word, standing] : platform.words) {
    words += (words.empty() ? "" : ", ") + std::string(word);
    if (words.size() >= 100) return words + ", …";
  }
  return words;
}

}  // namespace

/// What one of the platform's words says, however it is spelt: "opted_out" is "Opted out".
std::optional<Standing> Columns::standing_of(std::string_view word) const {
  const auto found = words_.find(bare(word));
  return found == words_.end() ? std::nullopt : std::optional(found->second);
}

/// The same of a text that begins with words of leaving: "withdrawn 2021-05-01", "opted out by
/// phone". `no`: what it says to begin with that.
std::optional<Standing> Columns::standing_of_text(std::string_view text,
                                                  std::optional<Standing> no) const {
  if (const auto standing = standing_of(text)) return standing;
  if (no && begins_with_no(text)) return no;
  constexpr std::string_view breaks = " ,;:.(";
  auto end = text.find_first_of(breaks);
  for (int words = 0; words < 3 && end != std::string_view::npos; ++words) {
    const auto standing = standing_of(text.substr(0, end));
    if (standing == Standing::unsubscribed) return standing;
    end = text.find_first_of(breaks, end + 1);
  }
  return {};
}

/// Many lists say by that name where a reader lives, others how they stand.
void Columns::read_state(const Column& column, std::string_view value, Row& row) {
  if (const auto standing = standing_of(value))
    row.stands(*standing);
  else
    row.keep(column.title, value);
}

/// A word that is not known must not confirm anybody: it may say that the reader left.
std::optional<Finding> Columns::read_status(const Column& column, std::string_view value,
                                            Row& row) {
  // "1" and "N" are each list's own; "No answer" says nothing of mails.
  const bool word = value.size() > 1 && !has_digits(value);
  const auto flag = word ? parse_flag(value, column.meaning) : Flag::other;
  const auto standing = flag == Flag::other ? standing_of_text(value, {})
                                            : standing_by(column.meaning, flag == Flag::yes);
  if (standing) {
    row.stands(*standing);
    return {};
  }
  return unknown_status(column.title, value, first_words(*platform_));
}

std::optional<Finding> Columns::read_flag(const Column& column, std::string_view value, Row& row) {
  if (says_nothing(value)) return {};
  const auto flag = parse_flag(value, column.meaning);
  auto standing = standing_by(column.meaning, flag != Flag::no);
  if (flag == Flag::other && !read_event(column, value, row)) {
    standing = standing_of_text(value, standing_by(column.meaning, false));
    if (!standing)
      return unknown_status(column.title, value,
                            column.meaning == Meaning::bounced
                                ? "yes, no, hard, soft or a date such as 2022-01-31"
                                : "yes, no or a date such as 2022-01-31");
  }
  if (standing) row.stands(*standing);
  return {};
}

/// Whether the value is a date: then it happened. What is no sure date stands for one all the same:
/// any digits where they say that the reader left, elsewhere nothing but those of a date, for they
/// may count bounces, or weigh spam.
bool Columns::read_event(const Column& column, std::string_view value, Row& row) {
  const bool joins = column.meaning == Meaning::subscribed || column.meaning == Meaning::confirmed;
  if (joins) {
    if (!parse_date(value) && !is_like_date(value)) return false;
    const auto date = read_date(column, value, row);
    auto& time =
        column.meaning == Meaning::subscribed ? row.joined_at : row.entry.consent.confirmed_at;
    if (!time) time = date;
    return true;
  }
  const auto date = parse_date(value);
  const bool left = column.meaning == Meaning::unsubscribed;
  if (!date && !(left ? has_digits(value) : is_like_date(value))) return false;
  if (!date) row.remark("unreadable date", column, value, std::string(unsure) + "; taken for yes");
  if (date && (!row.left_at || *row.left_at < *date)) row.left_at = date;
  return true;
}

/// A text in such a column is no answer, and kept; so is an answer.
void Columns::read_answer(const Column& column, std::string_view value, Row& row) {
  if (!says_of_plan(column, value, row)) {
    const bool no = parse_flag(value, column.meaning) == Flag::no;
    const auto standing =
        no ? Standing::unsubscribed : standing_of_text(value, Standing::unsubscribed);
    if (standing) row.stands(*standing);
  }
  if (column.meaning == Meaning::agreed)
    add_text(row.entry.consent.how, value);
  else
    row.keep(column.title, value);
}

/// Whether that is about money rather than about mails: "cancelled", "0.00".
bool Columns::says_of_plan(const Column& column, std::string_view value, Row& row) const {
  if (column.meaning != Meaning::plan || is_of_mails(value) || begins_with_no(value)) return false;
  const bool amount = value.size() > 1 && has_digits(value);
  if (!amount && parse_flag(value, column.meaning) != Flag::other) return false;
  row.remark("paid plan", column, value, "says nothing of mails; kept as an attribute");
  return true;
}

/// When something happened, or that it never did, or is over: "never", "withdrawn".
std::optional<Instant> Columns::read_time(const Column& column, std::string_view value, Row& row) {
  if (says_nothing(value)) return {};
  if (const auto date = parse_date(value)) return date;
  if (is_like_date(value)) return read_date(column, value, row);
  // Lists write 0 for a time of joining that they do not know.
  const bool unknown = column.meaning == Meaning::joined_at && has_digits(value);
  const bool no = !unknown && parse_flag(value, column.meaning) == Flag::no;
  const auto denied = standing_by(column.meaning, false);
  const auto standing = no ? denied : standing_of_text(value, denied);
  if (!standing || *standing == Standing::confirmed) return read_date(column, value, row);
  row.stands(*standing);
  return {};
}

/// A date that cannot be read is evidence all the same: its text is kept.
std::optional<Instant> Columns::read_date(const Column& column, std::string_view value, Row& row) {
  if (says_nothing(value)) return {};
  const auto date = parse_date(value);
  if (date) return date;
  row.remark("unreadable date", column, value, std::string(unsure) + "; kept as text");
  add_text(row.entry.consent.how, column.title + " " + std::string(value));
  return {};
}

}  // namespace postrider::subscribers
