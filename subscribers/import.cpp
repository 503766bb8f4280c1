#include "subscribers/import.h"

#include <algorithm>

#include "base/text.h"
#include "subscribers/csv_columns.h"
#include "subscribers/csv_records.h"

namespace postrider::subscribers {

namespace {

using Fields = std::vector<std::string_view>;
using Next = CsvRecords::Next;

/// A NUL or broken UTF-8 anywhere in the record; empty: neither.
std::string_view bad_text(const Fields& fields) {
  for (const auto field : fields) {
    if (field.find('\0') != std::string_view::npos) return "NUL character";
    if (!is_utf8(field)) return "no UTF-8";
  }
  return {};
}

Result<CsvColumns> read_header(CsvRecords& records) {
  const auto next = records.next();
  if (!next) return tl::make_unexpected(next.error());
  if (*next == Next::end)
    return fail("is empty; its first line names the columns, such as: email,name");
  if (*next == Next::broken)
    return fail("has a first line with " + std::string(records.fault()) +
                "; it names the columns, such as: email,name");
  if (records.fields().front().starts_with("PK\x03\x04"))
    return fail("is an archive or a spreadsheet; save it as CSV in UTF-8");
  if (const auto bad = bad_text(records.fields()); !bad.empty())
    return fail("has a first line with " + std::string(bad) + "; save it as CSV in UTF-8");
  return CsvColumns::find(records.fields());
}

std::string count_of_fields(std::size_t found, std::size_t wanted) {
  return counted(static_cast<std::int64_t>(found), "field") + " where there are " +
         counted(static_cast<std::int64_t>(wanted), "column");
}

/// Why the record is no row of the list; nothing where it is one. Fields after the last column are
/// let go where they are empty.
std::optional<std::pair<std::string, std::string>> find_fault(const Fields& fields,
                                                              const CsvColumns& columns) {
  const auto wanted = columns.count();
  if (const auto bad = bad_text(fields); !bad.empty())
    return std::pair(std::string(bad), std::string("save the list as CSV in UTF-8"));
  if (fields.size() < wanted)
    return std::pair("too few fields", count_of_fields(fields.size(), wanted));
  const bool more = std::any_of(fields.begin() + static_cast<std::ptrdiff_t>(wanted), fields.end(),
                                [](std::string_view field) { return !trim(field).empty(); });
  if (more) return std::pair("too many fields", count_of_fields(fields.size(), wanted));
  return {};
}

std::string explain(std::string_view fault) {
  return fault == "too long"
             ? "a row has at most 256 KB"
             : "a field that begins with a quote ends with one, and quotes inside it are doubled";
}

}  // namespace

Result<void> read_csv(std::istream& in, const RowVisitor& row, const SkipVisitor& skip) {
  CsvRecords records(in);
  const auto columns = read_header(records);
  if (!columns) return tl::make_unexpected(columns.error());
  for (std::int64_t number = 1;; ++number) {
    const auto next = records.next();
    if (!next) return tl::make_unexpected(next.error());
    if (*next == Next::end) return {};
    if (*next == Next::broken) {
      skip({number, records.line(), std::string(records.fault()), explain(records.fault())});
      continue;
    }
    if (auto fault = find_fault(records.fields(), *columns)) {
      skip({number, records.line(), std::move(fault->first), std::move(fault->second)});
      continue;
    }
    auto entry = columns->entry(records.fields());
    if (entry.email.empty())
      skip({number, records.line(), "no address", "its column of addresses is empty"});
    else
      row(std::move(entry), number, records.line());
  }
}

}  // namespace postrider::subscribers
