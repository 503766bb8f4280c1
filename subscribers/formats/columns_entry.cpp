// What the fields of a row say.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/time_zone.h"
#include "subscribers/export.h"
#include "subscribers/formats/columns.h"
#include "subscribers/formats/date.h"
#include "subscribers/formats/json_text.h"
#include "subscribers/formats/own_record.h"
#include "subscribers/formats/standing_columns.h"
#include "subscribers/registration.h"

namespace postrider::subscribers {

namespace {

constexpr std::string_view unsure =
    "is no date that is sure; write it as 2022-01-31 or 2022-01-31T08:00:00Z";
constexpr std::size_t most_zones = 1000;  // kept in memory

void add_text(std::string& text, std::string_view more) {
  text += (text.empty() ? "" : "; ") + std::string(more);
}

constexpr std::array<std::string_view, 4> no_dates{"0000-00-00", "0001-01-01", "00/00/0000",
                                                   "00.00.0000"};

/// What platforms write for nothing.
bool says_nothing(std::string_view value) {
  if (value.empty()) return true;
  if (value.size() > 4)
    return std::any_of(no_dates.begin(), no_dates.end(),
                       [&](std::string_view date) { return value.starts_with(date); });
  return iequals(value, "null") || iequals(value, "none") || iequals(value, "nil") ||
         iequals(value, "n/a") || iequals(value, "nan") || value == "-";
}

constexpr std::string_view digits = "0123456789";

bool has_digits(std::string_view value) {
  return value.find_first_of(digits) != std::string_view::npos;
}

bool is_fraction(std::string_view value) {
  const auto sign = value.find_first_not_of(digits);
  return sign != std::string_view::npos && (value[sign] == '.' || value[sign] == ',') &&
         value.find_first_not_of(digits, sign + 1) == std::string_view::npos;
}

/// "02/01/2022 10:11 AM", "1641636672"; not "no, 02/01/2022" or "0.0234567".
bool is_like_date(std::string_view value) {
  const auto count = std::count_if(value.begin(), value.end(),
                                   [](char c) { return digits.find(c) != std::string_view::npos; });
  return count >= 6 && value.front() != '-' && !is_fraction(value) &&
         value.find_first_not_of("0123456789/.-:+, AMPTZ") == std::string_view::npos;
}

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

/// As `trim`; most fields have nothing to take off.
std::string_view trimmed(std::string_view field) {
  const auto is_ink = [](char c) { return static_cast<unsigned char>(c) > ' '; };
  if (field.empty() || (is_ink(field.front()) && is_ink(field.back()))) return field;
  return trim(field);
}

/// Outer blanks that spreadsheets and web pages leave: no-break, zero-width and ideographic ones.
std::string_view trim_wide(std::string_view text) {
  constexpr std::array<std::string_view, 5> blanks{"\u00A0", "\u200B", "\uFEFF", "\u202F",
                                                   "\u3000"};
  for (auto left = text.size() + 1; text.size() < left;) {
    left = text.size();
    text = trim(text);
    for (const auto blank : blanks) {
      if (text.starts_with(blank)) text.remove_prefix(blank.size());
      if (text.ends_with(blank)) text.remove_suffix(blank.size());
    }
  }
  return text;
}

/// BCP 47 in its usual form, "de", "pt-BR" (also written pt_BR); nothing where it is none.
std::optional<std::string> parse_language(std::string_view text) {
  std::string tag(text);
  std::replace(tag.begin(), tag.end(), '_', '-');
  std::size_t length = 0, part = 0;
  for (const char c : tag + "-") {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (c == '-') {
      if (length < (part == 0 ? 2u : 1u) || length > (part == 0 ? 3u : 8u)) return {};
      length = 0;
      ++part;
    } else if (letter || (digit && part > 0)) {
      ++length;
    } else {
      return {};
    }
  }
  return tag;
}

}  // namespace

/// A row in the making.
struct Columns::Row {
  Entry entry;
  std::string_view first_name, last_name;
  std::optional<Instant> joined_at, left_at, since;
  OwnRecord own;
  bool bounced = false;
  const Column* unsaid = nullptr;  // the first that should tell it and is empty
  bool never_dated = false;        // a date of confirming is empty
  std::vector<Finding>& remarks;

  /// The worst of all that is said counts; to have bounced says nothing of what the reader wants.
  void stands(Standing standing) {
    if (standing == Standing::bounced)
      bounced = true;
    else if (!entry.standing || *entry.standing < standing)
      entry.standing = standing;
  }
  void settle_bounce() {
    if (!bounced || entry.standing == Standing::complained) return;
    if (entry.standing.value_or(Standing::confirmed) == Standing::confirmed)
      entry.standing = Standing::bounced;
    else
      entry.suppressed = SuppressionReason::bounced;
  }
  /// Nobody is left out for it.
  void cut_name() {
    const auto octets = entry.name ? trim(*entry.name).size() : 0;
    if (octets <= longest_name) return;
    remarks.push_back({"name cut", "a name has at most 200 octets; this one, of " +
                                       with_thousands(static_cast<std::int64_t>(octets)) +
                                       ", is cut there"});
    entry.name = clean_name(*entry.name);
  }
  void lacks(const Column& column) {
    if (column.empty == Empty::pending)
      never_dated = true;
    else if (!unsaid)
      unsaid = &column;
  }
  /// A plain word beside it says more than a date that is missing.
  void settle_unsaid() {
    if (never_dated && !entry.standing) entry.standing = Standing::pending;
    if (unsaid && !entry.standing)
      remarks.push_back({"nothing said", unsaid->title + " is empty; taken as confirmed"});
  }
  void keep(const std::string& attribute, std::string_view text) {
    std::string json;
    append_json(text, json);
    entry.attributes.emplace_back(attribute, std::move(json));
  }
  void remark(std::string reason, const Column& column, std::string_view value,
              std::string_view consequence) {
    remarks.push_back({std::move(reason), column.title + " \"" + printable(cut_utf8(value, 100)) +
                                              "\" " + std::string(consequence)});
  }
};

tl::expected<Entry, Finding> Columns::entry(const std::vector<std::string_view>& fields,
                                            std::vector<Finding>& remarks) {
  Row row{.entry = {},
          .first_name = {},
          .last_name = {},
          .joined_at = {},
          .left_at = {},
          .since = {},
          .own = {},
          .bounced = false,
          .unsaid = nullptr,
          .never_dated = false,
          .remarks = remarks};
  if (least_) row.stands(*least_);
  row.entry.attributes.reserve(attributes_);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto value = trimmed(without_guard(fields[i]));
    if (columns_[i].empty != Empty::nothing && says_nothing(value)) row.lacks(columns_[i]);
    if (value.empty()) continue;
    if (auto finding = read(columns_[i], value, row))
      return tl::make_unexpected(std::move(*finding));
  }
  row.settle_bounce();
  auto& entry = row.entry;
  if (platform_->format == Format::postrider)
    if (auto finding = settle(row.own, list_, entry))
      return tl::make_unexpected(std::move(*finding));
  if (entry.email.empty() && !entry.erased)
    return tl::make_unexpected(Finding{"no address", "its column of addresses is empty"});
  if (!row.first_name.empty() || !row.last_name.empty())
    entry.name = std::string(row.first_name) +
                 (row.first_name.empty() || row.last_name.empty() ? "" : " ") +
                 std::string(row.last_name);
  row.cut_name();
  row.settle_unsaid();
  if (!entry.consent.opted_in_at) entry.consent.opted_in_at = row.joined_at;
  const bool left = entry.standing && *entry.standing >= Standing::unsubscribed;
  for (const auto& time : {row.joined_at, entry.consent.confirmed_at, entry.consent.opted_in_at})
    if (!left && !entry.since) entry.since = time;
  if (left) entry.since = row.left_at;
  if (row.since) entry.since = row.since;
  return std::move(entry);
}

std::optional<Finding> Columns::read(const Column& column, std::string_view value, Row& row) {
  auto& entry = row.entry;
  switch (column.meaning) {
    case Meaning::attribute:
      if (column.title.empty())
        ++entry.nameless;
      else
        row.keep(column.title, value);
      break;
    case Meaning::left_out:
      break;
    case Meaning::email:
      entry.email = trim_wide(value);
      if (!platform_->deleted_suffix.empty() &&
          to_lower(entry.email).ends_with(platform_->deleted_suffix))
        return Finding{"deletion request", "the reader asked " + std::string(platform_->title) +
                                               " to be deleted; this is no address"};
      break;
    case Meaning::name:
      entry.name = std::string(value);
      break;
    case Meaning::first_name:
      row.first_name = value;
      break;
    case Meaning::last_name:
      row.last_name = value;
      break;
    case Meaning::language:
      read_language(column, value, row);
      break;
    case Meaning::time_zone:
      read_time_zone(column, value, row);
      break;
    case Meaning::tags:
      if (auto tags = json_array(value, platform_->tag_separators); !tags.empty())
        entry.attributes.emplace_back("tags", std::move(tags));
      break;
    case Meaning::joined_at:
      row.joined_at = read_time(column, value, row);
      break;
    case Meaning::opted_in_at:
      entry.consent.opted_in_at = read_time(column, value, row);
      break;
    case Meaning::opted_in_from:
      entry.consent.opted_in_from = value;
      break;
    case Meaning::confirmed_at:
      entry.consent.confirmed_at = read_time(column, value, row);
      break;
    case Meaning::confirmed_from:
      entry.consent.confirmed_from = value;
      break;
    case Meaning::status:
      return read_status(column, value, row);
    case Meaning::state:
      read_state(column, value, row);
      break;
    case Meaning::subscribed:
    case Meaning::confirmed:
    case Meaning::unsubscribed:
    case Meaning::bounced:
    case Meaning::complained:
      return read_flag(column, value, row);
    case Meaning::unsubscribe:
      if (parse_flag(value, column.meaning) == Flag::no || read_flag(column, value, row))
        row.keep(column.title, value);
      break;
    case Meaning::agreed:
    case Meaning::wanted:
    case Meaning::plan:
      read_answer(column, value, row);
      break;
    case Meaning::how:
      add_text(entry.consent.how, value);
      break;
    case Meaning::where:
      add_text(entry.consent.where, value);
      break;
    case Meaning::json:
    case Meaning::python:
      read_members(column, value, row);
      break;
    case Meaning::record:
      row.own.kind = value;
      break;
    case Meaning::list:
      row.own.list = value;
      break;
    case Meaning::suppressed:
      row.own.suppressed = value;
      break;
    case Meaning::left_all:
      row.own.left_all = value;
      break;
    case Meaning::since:
      row.since = read_date(column, value, row);
      break;
    case Meaning::consent:
      read_consent(value, row);
      break;
    case Meaning::pause:
      row.remark("pause left out", column, value, "is left out: an import pauses nobody");
      break;
    case Meaning::erased_key:
      row.own.erased_key = value;
      break;
    case Meaning::erased_hash:
      row.own.erased_hash = value;
      break;
  }
  return {};
}

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

void Columns::read_members(const Column& column, std::string_view value, Row& row) {
  auto members = column.meaning == Meaning::python ? python_members(value) : json_members(value);
  if (!members && column.meaning == Meaning::python) members = json_members(value);
  if (members) {
    const bool own = platform_->format == Format::postrider;  // whose keys are as they are kept
    for (auto& [key, json] : *members)
      if (own || !trim(key).empty())
        row.entry.attributes.emplace_back(own ? key : printable(trim(key)), std::move(json));
    return;
  }
  if (says_nothing(value)) return;
  row.remark("unreadable attributes", column, value,
             column.meaning == Meaning::python ? "is no dict of plain values; kept as text"
                                               : "is no JSON object; kept as text");
  row.keep(column.title, value);
}

/// As the store keeps it: a JSON object. What is not known in it is evidence all the same.
void Columns::read_consent(std::string_view value, Row& row) {
  auto& consent = row.entry.consent;
  const auto members = json_members(value);
  if (!members) return add_text(consent.how, value);
  for (const auto& [key, json] : *members) {
    const auto text = json_text(json);
    if (key == "opted_in_at" && parse_date(text))
      consent.opted_in_at = parse_date(text);
    else if (key == "confirmed_at" && parse_date(text))
      consent.confirmed_at = parse_date(text);
    else if (key == "opted_in_from")
      consent.opted_in_from = text;
    else if (key == "confirmed_from")
      consent.confirmed_from = text;
    else if (key == "where")
      add_text(consent.where, text);
    else
      add_text(consent.how, key == "how" ? text : key + " " + text);
  }
}

void Columns::read_language(const Column& column, std::string_view value, Row& row) {
  row.entry.language = parse_language(value);
  if (row.entry.language) return;
  row.remark("unknown language", column, value,
             "is no language code such as en or pt-BR; kept as an attribute");
  row.keep(column.title, value);
}

void Columns::read_time_zone(const Column& column, std::string_view value, Row& row) {
  if (knows_zone(value)) {
    row.entry.time_zone = std::string(value);
    return;
  }
  row.remark("unknown time zone", column, value,
             "is no time zone such as Europe/Berlin; kept as an attribute");
  row.keep(column.title, value);
}

bool Columns::knows_zone(std::string_view zone) {
  if (const auto found = zones_.find(zone); found != zones_.end()) return found->second;
  const bool known = is_time_zone(zone);
  if (zones_.size() < most_zones) zones_.emplace(zone, known);
  return known;
}

}  // namespace postrider::subscribers
