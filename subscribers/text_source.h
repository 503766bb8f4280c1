// A stream's text in UTF-8, block by block: without its byte order mark, and turned from UTF-16
// where it is that. Not to be shared between threads.
#pragma once

#include <cstdint>
#include <istream>
#include <string>

#include "base/error.h"

namespace postrider::subscribers {

class TextSource {
 public:
  explicit TextSource(std::istream& in) : in_(in) {}

  /// Appends the next block to `out`. False: that was all. What is no UTF-8 comes through as it is.
  Result<bool> append_to(std::string& out);

  /// How many octets of the stream were read.
  std::uint64_t octets_read() const { return octets_read_; }

 private:
  enum class Encoding { unknown, utf8, utf16_le, utf16_be };

  void find_encoding();
  void convert_utf16(std::string& out);

  std::istream& in_;
  Encoding encoding_ = Encoding::unknown;
  std::string block_;  // what was read and not handed over yet
  std::uint64_t octets_read_ = 0;
  char32_t high_ = 0;  // the first half of a surrogate pair; 0: none
};

}  // namespace postrider::subscribers
