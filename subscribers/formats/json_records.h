// An export of Postrider as JSON or JSONL, as if it were its CSV: the same columns and rows. Flat
// in memory. Not to be shared between threads.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "subscribers/export.h"
#include "subscribers/records.h"

namespace postrider::subscribers {

class JsonRecords final : public Records {
 public:
  explicit JsonRecords(std::istream& in) : in_(in) {}

  /// Error, too: the first object is no record of an export.
  Result<Next> next() override;
  const std::vector<std::string_view>& fields() const override { return fields_; }
  std::int64_t line() const override { return line_; }
  std::string_view record() const override { return text_; }
  std::string_view fault() const override { return "unreadable record"; }
  std::string fault_detail() const override { return fault_; }
  std::string_view first_octets() const override { return "{"; }
  std::uint64_t octets_read() const override { return octets_read_; }

 private:
  Result<Next> read_on();
  void show(const std::vector<std::string>& row);

  std::istream& in_;
  bool begun_ = false;
  ExportRows rows_;       // of the last line
  std::size_t next_ = 0;  // of them
  std::vector<std::string> row_;
  std::vector<std::string_view> fields_;
  std::string text_, fault_;
  std::int64_t line_ = 0;
  std::uint64_t octets_read_ = 0;
};

/// A line of at most 4 MB, without its end. False: there is none left. Error: it is longer, or
/// cannot be read.
Result<bool> read_line(std::istream& in, std::string& line);

}  // namespace postrider::subscribers
