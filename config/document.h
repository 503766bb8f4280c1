// A TOML document as plain values that know their lines. The one wrapper of toml++; the parts of a
// document live as long as the Table they stand in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace postrider::config {

struct Value;
struct Member;

using Array = std::vector<Value>;

/// A table's members in the file's order.
struct Table {
  std::vector<Member> members;

  const Member* find(std::string_view key) const;
};

/// What settings have no use for: a float, a date, a time; but for days, which may be written as
/// dates.
struct Unusable {
  std::string_view kind;  // "a date or a time"
  std::string day = {};   // of a date without a time: "2022-12-26"; else empty
};

struct Value {
  int line = 0;
  std::variant<std::string, std::int64_t, bool, Array, Table, Unusable> content;
};

struct Member {
  std::string key;
  int line = 0;  // of the key; of a table: where it begins
  Value value;
};

/// "a text", "a number", "a list": what a value is, for people.
std::string_view kind_of(const Value& value);

/// Reads TOML 1.0. `file` names it in the fault, which carries the line of the first syntax error.
tl::expected<Table, Fault> parse_document(std::string_view text, std::string_view file);

}  // namespace postrider::config
