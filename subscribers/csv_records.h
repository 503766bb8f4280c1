// The records of a CSV text (RFC 4180), with `,`, `;`, tab or what a first line such as `sep=|`
// names (Excel) between fields, any line ends, and line breaks inside quotes. Flat in memory; a
// broken record costs its first line only. Not to be shared between threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "subscribers/records.h"
#include "subscribers/text_source.h"

namespace postrider::subscribers {

class CsvRecords final : public Records {
 public:
  explicit CsvRecords(std::istream& in) : source_(in) {}

  Result<Next> next() override;
  const std::vector<std::string_view>& fields() const override { return fields_; }
  std::int64_t line() const override { return line_; }
  std::string_view record() const override {  // with quotes and line end
    return std::string_view(buffer_).substr(start_, stop_ - start_);
  }
  std::string_view fault() const override { return fault_; }
  std::string fault_detail() const override;
  std::string_view first_octets() const override { return first_octets_; }
  std::uint64_t octets_read() const override { return source_.octets_read(); }

  char separator() const { return separator_; }

  static constexpr std::size_t longest_record = 256 * 1024;  // octets, with its line end

 private:
  enum class Scan { complete, incomplete, in_quotes, broken };

  Result<void> refill();
  void find_separator();
  bool take_separator();
  void separate_by(char separator);
  Scan scan();
  Scan scan_quoted(std::size_t& at);
  Result<Next> skip_line(std::string_view fault);
  Result<Next> skip_long();
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
  bool unending_ = false;  // the broken quotes: a record of several lines beyond the limit
  std::string first_octets_;
};

}  // namespace postrider::subscribers
