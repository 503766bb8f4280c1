// Reads the text of a segment:
//
//   any   = all { "or" all }              all = one { "and" one }
//   one   = "not" one | "(" any ")" | call | field test
//   call  = ("tag" | "on" | "got" | "segment") "(" text ")" | "got_any" "(" ")"
//   test  = ("=" | "!=" | "<" | "<=" | ">" | ">=") value | "in" "(" value { "," value } ")"
//         | "contains" text | "starts" "with" text | "is" ("set" | "missing")
//   field = name { "." name }             value = text | number | date | "true" | "false"
//
// Keywords may be written in capitals. Pure; safe on whatever a stranger writes.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "subscribers/segment.h"
#include "subscribers/segment_terms.h"

namespace postrider::subscribers::segment {

/// What is wrong with a segment's text.
struct Mistake {
  int line = 1;
  int column = 1;  // in characters, from 1
  std::string message;
  std::string excerpt;  // the line, and below it a caret; two lines without a newline at the end
};

/// "column 5: …", with "line 2, " before it where there are several lines.
std::string to_string(const Mistake& mistake);

// So much may be in a segment with all that it saves: SQLite's parser takes no deeper ones.
constexpr int deepest_tree = 12;
constexpr int most_conditions = 500;
constexpr int most_values = 5'000;

/// The tree of a text, or of the saved segment whose name it is.
tl::expected<Node, Mistake> read_segment(std::string_view text, const Terms& terms);

}  // namespace postrider::subscribers::segment
