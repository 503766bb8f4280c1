// What names and values may mean in a segment: the checks. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "subscribers/segment.h"

namespace postrider::subscribers::segment {

/// What a segment may name.
struct Terms {
  std::set<std::string> attributes;          // of any subscriber
  std::set<std::string> lists;               // keys
  std::set<std::string> issues;              // slugs
  std::map<std::string, std::string> saved;  // name → text
  std::string zone = "UTC";                  // of dates without one
};

/// A part of a dotted name.
struct NamePart {
  std::string name;
  bool quoted = false;
};

/// Error: there is no such field; suggests the nearest.
Result<Field> find_field(const std::vector<NamePart>& name, const Terms& terms);

/// What begins with a digit: "18", "-2.5", "2022-01-01", "2022-01-01T08:00", with Z or an offset
/// too.
Result<Value> read_figure(std::string_view written, std::string_view zone);

/// The value as it is compared with the field (an address becomes canonical). Error: the two cannot
/// be compared like that.
Result<Value> fit(const Field& field, Comparison comparison, Value value);

/// The part of a text as it is looked for in the field. Error: the field is no text.
Result<std::string> fit_part(const Field& field, const std::string& part);

/// Error: `name` is not among `known`: "there is no list 'x'; did you mean 'y'?"
Result<void> require_known(std::string_view what, const std::string& name,
                           const std::set<std::string>& known);

}  // namespace postrider::subscribers::segment
