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
  std::int64_t row;       // of the file's records, from 1, the header not counted
  std::int64_t line;      // of the file, from 1
  std::string reason;     // a key of `skipped`: "invalid address", "duplicate", …
  std::string detail;     // what is wrong with it
  std::string file = {};  // in an archive; may be empty
};

/// Something worth telling of a row that was taken all the same.
struct Remark {
  std::int64_t row;  // as in SkippedRow
  std::int64_t line;
  std::string reason;  // "unreadable date", "unknown time zone", …
  std::string detail;
  std::string file = {};
};

/// What a column of a list becomes.
struct PlannedColumn {
  std::string file;     // where it is; may be empty
  std::string column;   // its name as written, printable; may be empty
  std::string becomes;  // "name", "attribute Country", "left out: Ghost's own number"
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
using RemarkVisitor = std::function<void(Remark)>;

/// A file being read: hands each entry and each unusable row over, or says why it is no list.
using Reading = std::function<Result<void>(const RowVisitor&, const SkipVisitor&)>;

/// Reads CSV with a header from a stream, whatever platform its columns tell of, for callers that
/// keep no more of a reader than a name and attributes: language and time zone are attributes too,
/// and who is not confirmed at the source is skipped by that reason. Error: it is no list.
Result<void> read_csv(std::istream& in, const RowVisitor& row, const SkipVisitor& skip);

}  // namespace postrider::subscribers
