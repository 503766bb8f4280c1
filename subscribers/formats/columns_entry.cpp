// What the fields of a row say.
#include <algorithm>

#include "base/text.h"
#include "base/time_zone.h"
#include "subscribers/export.h"
#include "subscribers/formats/columns_row.h"
#include "subscribers/formats/date.h"
#include "subscribers/formats/field_text.h"
#include "subscribers/formats/json_text.h"
#include "subscribers/formats/standing_columns.h"

namespace postrider::subscribers {

namespace {

constexpr std::size_t most_zones = 1000;  // kept in memory

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
