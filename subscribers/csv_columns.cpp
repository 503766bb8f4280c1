#include "subscribers/csv_columns.h"

#include <algorithm>
#include <initializer_list>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

constexpr std::size_t most_columns = 500;

/// "E-Mail_Address" → "e-mail address".
std::string simplified(std::string_view name) {
  auto text = to_lower(trim(name));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

/// The column of the first of these names that there is.
std::optional<std::size_t> column(const std::vector<std::string>& columns,
                                  std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  }
  return {};
}

std::string listing(const std::vector<std::string_view>& header) {
  std::string names;
  for (const auto name : header) {
    if (names.size() > 200) return names + ", …";
    names += (names.empty() ? "" : ", ") + printable(cut_utf8(trim(name), 60));
  }
  return names;
}

/// A JSON string (RFC 8259 §7) of UTF-8 text.
std::string json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
    else
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : " ";
  }
  return out += '"';
}

}  // namespace

Result<CsvColumns> CsvColumns::find(const std::vector<std::string_view>& header) {
  if (header.size() > most_columns)
    return fail("has " + with_thousands(static_cast<std::int64_t>(header.size())) +
                " columns; at most 500 are read");
  std::vector<std::string> names;
  for (const auto name : header) names.push_back(simplified(name));
  const auto email =
      column(names, {"email", "e-mail", "email address", "e-mail address", "mail", "emailaddress"});
  if (!email)
    return fail("has no column of addresses; name one of its columns email; they are: " +
                listing(header));
  for (auto name = names.begin(); name != names.end(); ++name)
    if (!name->empty() && std::find(name + 1, names.end(), *name) != names.end())
      return fail("has two columns of the name " + printable(*name) + "; rename one of them");
  CsvColumns columns;
  columns.email_ = *email;
  columns.name_ = column(names, {"name", "full name"});
  if (!columns.name_) {
    columns.first_name_ = column(names, {"first name", "firstname"});
    columns.last_name_ = column(names, {"last name", "lastname"});
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool ours = i == columns.email_ || i == columns.name_ || i == columns.first_name_ ||
                      i == columns.last_name_;
    columns.attributes_.push_back(ours ? "" : printable(trim(header[i])));
    columns.nameless_.push_back(!ours && columns.attributes_.back().empty());
  }
  return columns;
}

Entry CsvColumns::entry(const std::vector<std::string_view>& fields) const {
  Entry entry{std::string(trim(fields[email_])), name(fields), {}, 0};
  for (std::size_t i = 0; i < attributes_.size(); ++i) {
    const auto value = trim(fields[i]);
    if (value.empty()) continue;
    if (nameless_[i]) ++entry.nameless;
    if (!attributes_[i].empty()) entry.attributes.emplace_back(attributes_[i], json(value));
  }
  return entry;
}

std::optional<std::string> CsvColumns::name(const std::vector<std::string_view>& fields) const {
  std::string name;
  for (const auto& column : {name_, first_name_, last_name_}) {
    const auto part = column ? trim(fields[*column]) : std::string_view();
    if (!part.empty()) name += (name.empty() ? "" : " ") + std::string(part);
  }
  return name.empty() ? std::nullopt : std::optional(std::move(name));
}

}  // namespace postrider::subscribers
