#include "subscribers/segment_terms.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/time_zone.h"
#include "mail/address.h"

namespace postrider::subscribers::segment {

namespace {

constexpr std::pair<std::string_view, FieldKind> own_fields[] = {
    {"email", FieldKind::email},         {"domain", FieldKind::domain},
    {"name", FieldKind::name},           {"language", FieldKind::language},
    {"time_zone", FieldKind::time_zone}, {"joined", FieldKind::joined},
    {"last_got", FieldKind::last_got},
};

constexpr std::size_t most_suggested = 8;

/// "; did you mean 'x'?", with a word on its case where that is all, else "; there are: a, b" or
/// nothing.
std::string hint(const std::string& word, const std::vector<std::string>& known) {
  if (const auto near = nearest(word, known); !near.empty())
    return "; did you mean '" + printable(near) + "'?" +
           (iequals(near, word) ? " Case counts" : "");
  std::string all;
  for (std::size_t i = 0; i < std::min(known.size(), most_suggested); ++i)
    all += (i == 0 ? "" : ", ") + printable(known[i]);
  if (all.empty()) return {};
  return "; there are: " + all + (known.size() > most_suggested ? ", …" : "");
}

std::string nearest_saved(std::string_view word, const Terms& terms) {
  std::vector<std::string> saved;
  for (const auto& [name, expression] : terms.saved) saved.push_back(name);
  return nearest(word, saved);
}

std::string dotted(const std::vector<NamePart>& name, std::size_t from, std::size_t to) {
  std::string all;
  for (auto i = from; i < to; ++i) all += (i == from ? "" : ".") + name[i].name;
  return all;
}

/// What a path within JSON cannot say.
bool is_plain_name(const std::string& name) {
  return std::none_of(name.begin(), name.end(), [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  });
}

Result<DateSpan> read_local(std::string_view written, LocalTime begin, Duration span,
                            std::string_view zone) {
  DateSpan date{std::string(written), {}, {}, begin, {}};
  date.local_end = begin + std::chrono::floor<std::chrono::seconds>(span);
  const auto from = to_instant(begin, zone);
  const auto to = to_instant(date.local_end, zone);
  if (!from || !to) return tl::make_unexpected((from ? to : from).error());
  date.begin = *from;
  // A day may have 23 or 25 hours; a minute has its length.
  date.end = span == std::chrono::hours(24) ? *to : *from + span;
  return date;
}

/// As exact as it is written.
Duration span_of(std::string_view written) {
  constexpr std::size_t minutes_end = 16;  // 2022-01-01T08:00
  const bool seconds = written.size() > minutes_end && written[minutes_end] == ':';
  return seconds ? Duration(std::chrono::seconds(1)) : Duration(std::chrono::minutes(1));
}

std::optional<Result<DateSpan>> read_date(std::string_view written, std::string_view zone) {
  constexpr std::size_t day_length = 10;
  if (written.size() == day_length) {
    const auto day = parse_local(std::string(written) + "T00:00");
    if (!day) return {};
    return read_local(written, *day, std::chrono::hours(24), zone);
  }
  if (const auto local = parse_local(written))
    return read_local(written, *local, span_of(written), zone);
  const auto instant = parse_rfc3339(written);
  if (!instant) return {};
  const auto local = to_local(*instant, zone);
  if (!local) return Result<DateSpan>(tl::make_unexpected(local.error()));
  const auto span = span_of(written);
  const auto begin = std::chrono::floor<std::chrono::seconds>(*instant);
  return DateSpan{std::string(written), begin, begin + span, *local,
                  *local + std::chrono::floor<std::chrono::seconds>(span)};
}

bool is_date_field(const Field& field) {
  return field.kind == FieldKind::joined || field.kind == FieldKind::last_got;
}

Result<Value> fit_text(const Field& field, Comparison comparison, const std::string& text) {
  if (text.empty())
    return fail("an empty text is never set; write `" + to_string(field) + " is missing`");
  if (field.kind == FieldKind::email && is_exact(comparison)) {
    const auto address = mail::parse_address(text);
    if (!address)
      return fail("'" + text + "' is no address; `email contains '…'` looks for a part of one");
    return mail::Address{to_lower(address->local), address->domain}.str();
  }
  if (field.kind == FieldKind::domain && is_exact(comparison)) {
    const auto address = mail::parse_address("a@" + text);
    if (!address) return fail("'" + text + "' is no domain; write one like 'gmail.com'");
    return address->domain;
  }
  if (field.kind == FieldKind::email || field.kind == FieldKind::domain) return to_lower(text);
  return text;
}

}  // namespace

Result<Field> find_field(const std::vector<NamePart>& name, const Terms& terms) {
  const bool prefixed = name.size() > 1 && !name[0].quoted && name[0].name == "attributes";
  if (name.size() == 1 && !name[0].quoted)
    for (const auto& [own, kind] : own_fields)
      if (name[0].name == own) return Field{kind, {}};
  const std::size_t from = prefixed ? 1 : 0;
  // A name with a dot of its own comes first.
  for (auto to = name.size(); to > from; --to) {
    if (const auto known = dotted(name, from, to); terms.attributes.contains(known)) {
      Field field{FieldKind::attribute, {known}};
      for (auto i = to; i < name.size(); ++i) field.path.push_back(name[i].name);
      const bool readable = field.path.size() == 1 ||
                            std::all_of(field.path.begin(), field.path.end(), is_plain_name);
      if (!readable) return fail("names with \" or \\ cannot be looked into");
      return field;
    }
  }
  std::vector<std::string> known(terms.attributes.begin(), terms.attributes.end());
  if (!prefixed)
    for (const auto& [own, kind] : own_fields) known.emplace_back(own);
  const auto written = dotted(name, from, name.size());
  const auto segment = name.size() == 1 && nearest(written, known).empty()
                           ? nearest_saved(written, terms)
                           : std::string();
  return fail("no reader has an attribute '" + written + "'" +
              (segment.empty() ? hint(written, known)
                               : "; did you mean segment('" + printable(segment) + "')?"));
}

Result<Value> read_figure(std::string_view written, std::string_view zone) {
  if (auto date = read_date(written, zone)) {
    if (!*date) return tl::make_unexpected(date->error());
    return Value(std::move(**date));
  }
  double number = 0;
  const auto [read_to, error] = std::from_chars(written.data(), written.data() + written.size(),
                                                number, std::chars_format::fixed);
  if (error == std::errc() && read_to == written.data() + written.size()) return Value(number);
  return fail("'" + std::string(written) +
              "' is neither a number (18, -2.5) nor a date (2022-01-31, 2022-01-31T08:00); a text "
              "stands in single quotes");
}

Result<Value> fit(const Field& field, Comparison comparison, Value value) {
  const auto name = to_string(field);
  if (is_date_field(field)) {
    if (!std::holds_alternative<DateSpan>(value))
      return fail(name + " is a date; compare it with one, such as 2022-01-31 without quotes");
    return value;
  }
  if (const auto* text = std::get_if<std::string>(&value))
    return fit_text(field, comparison, *text);
  if (field.kind != FieldKind::attribute)
    return fail(name + " is a text; compare it with one, in single quotes");
  if (std::holds_alternative<bool>(value) && !is_exact(comparison))
    return fail("true and false have no order; write = or !=");
  return value;
}

Result<std::string> fit_part(const Field& field, const std::string& part) {
  if (is_date_field(field))
    return fail(to_string(field) + " is a date, not a text; compare it with = < or >");
  if (part.empty()) return fail("an empty text is a part of everything; write what to look for");
  return part;
}

Result<void> require_known(std::string_view what, const std::string& name,
                           const std::set<std::string>& known) {
  if (known.contains(name)) return {};
  return fail("there is no " + std::string(what) + " '" + name + "'" +
              hint(name, {known.begin(), known.end()}));
}

}  // namespace postrider::subscribers::segment
