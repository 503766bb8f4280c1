// The reading side of an import: a file of any platform, opened, understood and read row by row in
// flat memory. Opening reads headers only, so that it can be told what would be done. Nothing is
// stored here. Not to be shared between threads.
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/formats/format.h"
#include "subscribers/import.h"

namespace postrider::subscribers {

class Source {
 public:
  /// A file of CSV or a zip archive, or a pipe of CSV; or an export of Postrider's, as JSON, too,
  /// of which only what it says of `list` (key; empty: of any) is taken. Error: it cannot be read,
  /// is no list, fits several platforms or another than `format` names; one line that goes on after
  /// the file's name.
  static Result<Source> open(const std::filesystem::path& file, Format format,
                             std::string list = {});

  /// No archive; from a stream, which outlives this: standard input.
  static Result<Source> open(std::istream& in, Format format, std::string list = {});

  Source(Source&&) noexcept;
  Source& operator=(Source&&) noexcept;
  ~Source();

  /// Never automatic.
  Format format() const;

  /// For people: "Ghost list, known by its columns email, subscribed to emails, labels", "CSV
  /// list", "Mailchimp archive: subscribed.csv, cleaned.csv; left out: 3 other files".
  const std::string& description() const;

  /// What each column of each file becomes.
  const std::vector<PlannedColumn>& plan() const;

  /// All rows, once. In an archive those come first who left, so that no prefix brings one back;
  /// rows and lines count anew in each of its files. Every reason for a skipped row and for a
  /// remark is of a small closed set. Error: the file is broken, or unpacks to more than it should.
  Result<void> read(const RowVisitor& row, const SkipVisitor& skip, const RemarkVisitor& remark);

  /// The file in the archive whose rows `read` hands over now; empty: no archive.
  const std::string& current_file() const;

  /// For a progress bar: octets of text read so far, and in all (0: not known).
  std::uint64_t octets_read() const;
  std::uint64_t octets() const;

 private:
  struct State;
  explicit Source(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace postrider::subscribers
