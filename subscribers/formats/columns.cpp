#include "subscribers/formats/columns.h"

#include <algorithm>

#include "base/text.h"
#include "subscribers/formats/detect.h"
#include "subscribers/formats/standing_columns.h"

namespace postrider::subscribers {

namespace {

constexpr std::size_t most_columns = 500;

/// Of several columns with this meaning one counts.
bool is_single(Meaning meaning) { return meaning < Meaning::status; }

std::optional<std::string> repeated(const std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name)
    if (!name->empty() && std::find(name + 1, names.end(), *name) != names.end()) return *name;
  return {};
}

std::string no_addresses(const std::vector<std::string_view>& header) {
  const bool is_row = std::any_of(header.begin(), header.end(), [](std::string_view name) {
    const auto at = name.find('@');
    return at != std::string_view::npos && name.find('.', at) != std::string_view::npos;
  });
  if (is_row)
    return "has no line of names; its first line is a reader's already (" + listing(header) +
           "): write one above it that names the columns, such as: email,name";
  return "has no column of addresses; name one of its columns email; they are: " + listing(header) +
         (header.size() == 1 ? " (between columns stands , or ; or a tab)" : "");
}

}  // namespace

Result<Columns> Columns::find(const std::vector<std::string_view>& header, const Platform& platform,
                              std::optional<Standing> least, std::string list) {
  if (header.size() > most_columns)
    return fail("has " + with_thousands(static_cast<std::int64_t>(header.size())) +
                " columns; at most 500 are read");
  Columns found;
  found.platform_ = &platform;
  found.least_ = least;
  for (const auto& [word, standing] : platform.words) found.words_.emplace(bare(word), standing);
  std::vector<std::string> names;
  for (const auto name : header) {
    names.push_back(simplified(name));
    found.columns_.push_back({.title = printable(trim(name)), .detail = {}});
  }
  const auto place = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  for (const auto& rule : platform.rules)
    if (const auto at = place(rule.column); at < names.size()) found.choose(at, rule);
  if (platform.format != Format::csv)
    for (const auto& rule : csv_platform().rules)
      if (const auto at = place(rule.column); at < names.size()) found.choose(at, rule);
  for (std::size_t at = 0; at < names.size(); ++at)
    if (const auto rule = standing_rule(names[at], platform.format == Format::csv))
      found.choose(at, rule->rule, rule->dated);
  for (const auto& [column, standing] : platform.whole_file)
    if (place(column) < names.size() && (!found.least_ || *found.least_ < standing))
      found.least_ = standing;
  const auto has = [&](Meaning meaning) {
    return std::any_of(found.columns_.begin(), found.columns_.end(),
                       [&](const Column& column) { return column.meaning == meaning; });
  };
  if (!has(Meaning::email)) return fail(no_addresses(header));
  if (has(Meaning::list)) found.list_ = std::move(list);
  if (const auto twice = repeated(names))
    return fail("has two columns of the name " + printable(*twice) + "; rename one of them");
  for (auto& column : found.columns_) {
    const bool part = column.meaning == Meaning::first_name || column.meaning == Meaning::last_name;
    if (part && has(Meaning::name)) column.meaning = Meaning::attribute;
    if (column.meaning == Meaning::attribute) ++found.attributes_;
    column.empty = found.empty(column);
  }
  return found;
}

/// The first rule of a column counts; so does the first column of a single meaning.
void Columns::choose(std::size_t column, const Rule& rule, bool dated) {
  auto& chosen = columns_[column];
  const bool decided = chosen.meaning != Meaning::attribute;
  const bool taken = is_single(rule.meaning) &&
                     std::any_of(columns_.begin(), columns_.end(), [&](const Column& other) {
                       return other.meaning == rule.meaning;
                     });
  if (decided || taken) return;
  chosen.meaning = rule.meaning;
  chosen.detail = rule.detail;
  chosen.dated = dated;
}

/// Who has no date of confirming never confirmed, but where a platform tells it in its own way.
Columns::Empty Columns::empty(const Column& column) const {
  switch (column.meaning) {
    case Meaning::confirmed_at:
      return platform_->format == Format::csv ? Empty::pending : Empty::nothing;
    case Meaning::confirmed:
      return column.dated ? Empty::pending : Empty::told;
    case Meaning::subscribed:
    case Meaning::agreed:
    case Meaning::wanted:
    case Meaning::plan:
      return column.dated ? Empty::nothing : Empty::told;
    default:
      return Empty::nothing;
  }
}

std::string Columns::becomes(std::size_t number) const {
  const auto& column = columns_[number];
  const auto told = [&column](std::string text) {
    return text + (column.detail.empty() ? "" : "; ") + std::string(column.detail);
  };
  switch (column.meaning) {
    case Meaning::email:
      return "address";
    case Meaning::name:
      return "name";
    case Meaning::first_name:
      return "name, its first part";
    case Meaning::last_name:
      return "name, its last part";
    case Meaning::language:
      return "language";
    case Meaning::time_zone:
      return "time zone";
    case Meaning::tags:
      return "attribute tags, a list";
    case Meaning::joined_at:
      return "since: when the reader joined";
    case Meaning::opted_in_at:
      return "consent: opt-in time";
    case Meaning::opted_in_from:
      return "consent: opt-in IP";
    case Meaning::confirmed_at:
      return column.empty == Empty::pending
                 ? "consent: confirm time; and standing: empty or no means pending"
                 : "consent: confirm time";
    case Meaning::confirmed_from:
      return "consent: confirm IP";
    case Meaning::status:
      return "standing";
    case Meaning::state:
      return "standing where it is a word for one, else attribute " + column.title;
    case Meaning::subscribed:
      return told("standing: no means unsubscribed");
    case Meaning::confirmed:
      return told(column.empty == Empty::pending ? "standing: empty or no means pending"
                                                 : "standing: no means pending");
    case Meaning::unsubscribed:
      return told("standing: yes or a date means unsubscribed");
    case Meaning::unsubscribe:
      return "standing: yes or a date means unsubscribed; else attribute " + column.title;
    case Meaning::bounced:
      return told("standing: yes, hard or a date means bounced");
    case Meaning::complained:
      return told("standing: yes or a date means complained");
    case Meaning::agreed:
      return told("consent: how; and standing: no means unsubscribed");
    case Meaning::wanted:
      return told("attribute " + column.title + "; and standing: no means unsubscribed");
    case Meaning::plan:
      return told("attribute " + column.title +
                  "; and standing: no or unsubscribed means unsubscribed");
    case Meaning::how:
      return "consent: how";
    case Meaning::where:
      return "consent: where";
    case Meaning::json:
    case Meaning::python:
      return "attributes, one for each of its keys";
    case Meaning::record:
      return "what is read: reader, suppression or erased address";
    case Meaning::list:
      return list_.empty() ? "nothing: all are taken" : "only those of " + list_ + " are taken";
    case Meaning::suppressed:
      return "suppression";
    case Meaning::left_all:
      return "standing: a date means unsubscribed";
    case Meaning::since:
      return "since";
    case Meaning::consent:
      return "consent";
    case Meaning::pause:
      return "left out: an import pauses nobody";
    case Meaning::erased_key:
    case Meaning::erased_hash:
      return "erased address";
    case Meaning::attribute:
      return column.title.empty() ? "left out: the column has no name"
                                  : "attribute " + column.title;
    case Meaning::left_out:
      return "left out: " + std::string(column.detail);
  }
  return {};
}

}  // namespace postrider::subscribers
