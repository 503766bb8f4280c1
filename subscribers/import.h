// Imports: a file becomes entries, row by row, in flat memory; bad rows are skipped, counted and
// told with their number and reason.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "subscribers/subscriber.h"

namespace postrider::subscribers {

struct SkippedRow {
  std::int64_t row;    // of the file's records, from 1, the header not counted
  std::int64_t line;   // of the file, from 1
  std::string reason;  // a key of `skipped`: "invalid address", "duplicate", …
  std::string detail;  // what is wrong with it
};

struct ImportSummary {
  std::int64_t import = 0;  // its number; 0 where nothing was written
  std::int64_t read = 0;
  std::int64_t added = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::map<std::string, std::int64_t> skipped;  // reason → rows
  std::vector<SkippedRow> examples;             // the first hundred
};

using RowVisitor = std::function<void(Entry entry, std::int64_t row, std::int64_t line)>;
using SkipVisitor = std::function<void(SkippedRow)>;

/// A file being read: hands each entry and each unusable row over, or says why it is no list.
using Reading = std::function<Result<void>(const RowVisitor&, const SkipVisitor&)>;

/// Reads CSV with a header (RFC 4180; also `;` and tab, a BOM, CR or LF line ends, quoted
/// newlines). Columns are found by name without case: email (or e-mail, "email address"), name
/// (or "first name" and "last name"); every other column becomes an attribute of its name.
/// Error: no header, no email column, no UTF-8.
Result<void> read_csv(std::istream& in, const RowVisitor& row, const SkipVisitor& skip);

}  // namespace postrider::subscribers
