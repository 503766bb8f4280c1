// Imports: a file becomes entries, row by row, in flat memory; bad rows are skipped, counted and
// told with their number and reason.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/rate.h"
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

/// What an import does with one row, for a dry run.
struct ChangedRow {
  std::int64_t row;
  Added result;  // added or updated
  std::string email;
  std::string what;  // "name: Ann → Anna; becomes unsubscribed"
};

struct ImportSummary {
  std::int64_t import = 0;  // its number; 0 where nothing was written
  std::int64_t read = 0;
  std::int64_t added = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::map<std::string, std::int64_t> skipped;  // reason → rows
  std::map<std::string, std::int64_t> carried;  // standing at the source, but for confirmed → rows
  std::vector<ChangedRow> changes;              // of a dry run: the first of each kind
  std::vector<SkippedRow> examples;             // the first hundred, in the order of the file

  std::int64_t all_skipped() const {
    std::int64_t rows = 0;
    for (const auto& [reason, count] : skipped) rows += count;
    return rows;
  }
  /// Rows that nothing has become of yet; of an import that was cut off, for good.
  std::int64_t not_reached() const { return read - added - updated - unchanged - all_skipped(); }
};

using RowVisitor = std::function<void(Entry entry, std::int64_t row, std::int64_t line)>;
using SkipVisitor = std::function<void(SkippedRow)>;
using RemarkVisitor = std::function<void(Remark)>;

/// How far it is: `reading` the file first, of which nobody knows how many rows it has, then
/// writing. Where an import is taken back, its changes and readers are the rows.
struct ImportProgress {
  bool reading;
  std::int64_t rows;   // done
  std::int64_t total;  // to be written; 0 while reading
};
using ImportWatcher = std::function<void(const ImportProgress&)>;

struct ImportOrder {
  std::string list;    // key
  std::string source;  // the file's name, for the evidence
  std::string format = "csv";
  bool dry_run = false;                         // nothing is written
  bool pending = false;                         // whom the source has as confirmed is asked first
  Rate questions{5000, std::chrono::hours(1)};  // how fast pending ones are asked
  ImportWatcher progress{};                     // after each step, and each thousand rows read
  std::stop_token stop{};  // ends it between two steps; what is written stays, and can be undone
};

/// One import, for people and for undoing it.
struct ImportRecord {
  std::int64_t id;
  Instant at;
  std::string source, format, list;
  std::optional<Instant> finished_at;  // nothing: running, or cut off
  std::optional<Instant> undone_at;
  // JSON: read, added, updated, unchanged, skipped, carried; not_reached where it is not 0; undone,
  // once it is being taken back: removed, forgotten, restored, kept.
  std::string summary;
  bool running = false;
};

struct UndoOrder {
  ImportWatcher progress{};  // after each step
  std::stop_token stop{};    // ends it between two steps; given again, it goes on
};

/// What taking an import back did, with all that was stopped before it ended.
struct UndoSummary {
  std::string list;            // key
  std::int64_t removed = 0;    // readers of the list whom it had made
  std::int64_t forgotten = 0;  // of them: nothing else needs to know them
  std::int64_t restored = 0;   // readers as they were before
  std::int64_t kept = 0;       // changed since by someone else
  bool complete = false;       // or stopped: the rest is still as the import has left it
  std::vector<std::pair<std::string, std::string>> examples;  // of kept ones: address, why
};

/// A file being read: hands each entry and each unusable row over, or says why it is no list.
using Reading = std::function<Result<void>(const RowVisitor&, const SkipVisitor&)>;

}  // namespace postrider::subscribers
