// The records of a CSV text (RFC 4180), with `,`, `;` or tab between fields, any line ends, and
// line breaks inside quotes. Flat in memory; a broken record costs its first line only. Not to be
// shared between threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/text_source.h"

namespace postrider::subscribers {

class CsvRecords {
 public:
  explicit CsvRecords(std::istream& in) : source_(in) {}

  enum class Next { record, broken, end };

  /// Reads on; lines without anything are passed over. `broken`: a line that is no record, for the
  /// reason of `fault`. Error: the stream cannot be read.
  Result<Next> next();

  /// Of the last record; valid until the next one.
  const std::vector<std::string_view>& fields() const { return fields_; }
  std::string_view fault() const { return fault_; }  // "broken quotes", "too long"
  std::int64_t line() const { return line_; }        // the record's first, from 1

  /// The last record as written, with quotes and line end; valid until the next one.
  std::string_view record() const {
    return std::string_view(buffer_).substr(start_, stop_ - start_);
  }

  /// How the text begins; at most eight octets. Empty before the first record.
  std::string_view first_octets() const { return first_octets_; }
  std::uint64_t octets_read() const { return source_.octets_read(); }

  char separator() const { return separator_; }

  static constexpr std::size_t longest_record = 256 * 1024;  // octets

 private:
  enum class Scan { complete, incomplete, in_quotes, broken };

  Result<void> refill();
  void find_separator();
  Scan scan();
  Scan scan_quoted(std::size_t& at);
  Result<Next> skip_line(std::string_view fault);
  void unescape();
  bool at_end(std::size_t at) const { return at >= buffer_.size(); }

  struct Span {
    std::size_t begin;
    std::size_t end;
    bool escaped;  // has doubled quotes
  };

  TextSource source_;
  std::string buffer_;
  std::size_t start_ = 0;  // of the record in the buffer
  std::size_t stop_ = 0;   // behind it and its line end
  bool exhausted_ = false;
  char separator_ = '\0';
  std::array<bool, 256> special_{};  // what ends a bare field
  std::int64_t line_ = 0;
  std::int64_t next_line_ = 1;
  std::int64_t breaks_ = 0;  // line breaks inside the record's quotes
  std::vector<Span> spans_;
  std::vector<std::string_view> fields_;
  std::string unescaped_;
  std::string_view fault_;
  std::string first_octets_;
};

}  // namespace postrider::subscribers
