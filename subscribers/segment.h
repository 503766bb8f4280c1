// A segment: which readers an issue is for, as a tree of conditions. Plain values; segment_parser
// makes them of text, store/segment_sql makes SQL of them.
//
// Each condition is true or false, never unknown: of a value that a reader has not, or that is of
// another kind, every comparison is false (!= too), and `not` of it is true. docs/segments.md.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace postrider::subscribers::segment {

/// joined: since when confirmed, on the first of the issue's lists (or of any). last_got: when the
/// newest issue began to be sent that a server took for this reader.
enum class FieldKind { email, domain, name, language, time_zone, joined, last_got, attribute };

struct Field {
  FieldKind kind = FieldKind::attribute;
  std::vector<std::string> path{};  // of an attribute: its name, then names within its objects
  bool operator==(const Field&) const = default;
};

/// As people write it: "country", "attributes.domain" where the bare name is another field's.
std::string to_string(const Field& field);

enum class Comparison { equal, unequal, less, at_most, more, at_least };

constexpr bool is_exact(Comparison comparison) {
  return comparison == Comparison::equal || comparison == Comparison::unequal;
}

/// A date as written stands for all of its day, minute or second: from `begin` until before `end`.
struct DateSpan {
  std::string written;
  Instant begin, end;
  std::chrono::local_seconds local_begin, local_end;  // in the publication's zone
  bool operator==(const DateSpan&) const = default;
};

using Value = std::variant<std::string, double, bool, DateSpan>;

// Values of email are whole addresses in lower case, of domain ASCII in lower case.
struct Compare {
  Field field;
  Comparison comparison = Comparison::equal;
  Value value;
};
struct OneOf {
  Field field;
  std::vector<Value> values;
};
struct Contains {  // a text: as a part; a list: as an element
  Field field;
  std::string text;
};
struct StartsWith {
  Field field;
  std::string text;
};
struct IsSet {
  Field field;
  bool set = true;  // false: `is missing`
};
struct HasTag {
  std::string tag;
};
struct OnList {  // confirmed there
  std::string list;
};
struct Got {
  std::string issue;  // slug
};
struct GotAny {};

struct All {};  // of the children
struct Any {};
struct Not {};  // the one child is false
struct Saved {  // the one child is what it stands for
  std::string name;
};

struct Node {
  std::variant<All, Any, Not, Saved, Compare, OneOf, Contains, StartsWith, IsSet, HasTag, OnList,
               Got, GotAny>
      what;
  std::vector<Node> children{};
};

/// What a node says, in words: "country is 'KZ'"; of one with children only its head: "all of".
std::string describe(const Node& node);

}  // namespace postrider::subscribers::segment
