// The records of a list's text, one by one, whatever it is written in. Not to be shared between
// threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace postrider::subscribers {

class Records {
 public:
  enum class Next { record, broken, end };

  virtual ~Records() = default;

  /// Reads on; lines without anything are passed over. The first record names the columns.
  /// `broken`: a line that is no record, for the reason of `fault`. Error: the stream cannot be
  /// read.
  virtual Result<Next> next() = 0;

  /// Of the last record; valid until the next one.
  virtual const std::vector<std::string_view>& fields() const = 0;
  virtual std::int64_t line() const = 0;         // the record's first, from 1
  virtual std::string_view record() const = 0;   // as written
  virtual std::string_view fault() const = 0;    // "broken quotes", "too long", …
  virtual std::string fault_detail() const = 0;  // what is wrong, and what would be right
  virtual std::string_view first_octets()
      const = 0;  // at most eight; empty before the first record
  virtual std::uint64_t octets_read() const = 0;
};

}  // namespace postrider::subscribers
