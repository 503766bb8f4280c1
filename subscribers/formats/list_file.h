// One file of CSV, or an export of Postrider's as JSON, being read: its header at once, its rows
// when asked for. Flat in memory. Not to be shared between threads.
#pragma once

#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/formats/columns.h"
#include "subscribers/formats/detect.h"
#include "subscribers/import.h"
#include "subscribers/records.h"

namespace postrider::subscribers {

class ListFile {
 public:
  /// How the file is to be understood.
  struct Setting {
    std::string name;                        // in an archive; may be empty
    const Platform* platform = nullptr;      // where it is known already; null: the columns tell
    Format wanted = Format::automatic;       // what the operator named
    std::optional<Standing> mailchimp = {};  // how all its readers stand, should it be Mailchimp's
    std::string list = {};                   // which of an export of Postrider's; empty: any
  };

  /// Reads the header. `in` outlives this. Error: it is no list, and why.
  static Result<std::unique_ptr<ListFile>> open(std::istream& in, Setting setting);

  const Platform& platform() const { return *platform_; }

  /// The names of the columns by which the platform was found; empty: it was named, or is CSV.
  const std::vector<std::string>& found_by() const { return found_by_; }

  /// What each column becomes.
  std::vector<PlannedColumn> plan() const;

  /// All rows, once. Error: the stream cannot be read to its end.
  Result<void> read(const RowVisitor& row, const SkipVisitor& skip, const RemarkVisitor& remark);

  std::uint64_t octets_read() const { return records_->octets_read(); }

 private:
  ListFile(std::istream& in, std::string name);

  Result<void> read_header(const Setting& setting);
  void read_record(std::int64_t number, const RowVisitor& row, const SkipVisitor& skip,
                   const RemarkVisitor& remark);

  std::unique_ptr<Records> records_;
  std::string name_;
  const Platform* platform_ = nullptr;
  std::vector<std::string> found_by_, header_;
  Columns columns_;
  std::vector<Finding> remarks_;  // of one row
};

}  // namespace postrider::subscribers
