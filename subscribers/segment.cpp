#include "subscribers/segment.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace postrider::subscribers::segment {

namespace {

template <class... T>
struct Visitor : T... {
  using T::operator()...;
};
template <class... T>
Visitor(T...) -> Visitor<T...>;

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string to_string(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.begin(), text.end(), number).ptr;
  return {text.begin(), end};
}

std::string to_string(const Value& value) {
  return std::visit(Visitor{[](const std::string& text) { return quoted(text); },
                            [](double number) { return to_string(number); },
                            [](bool flag) { return std::string(flag ? "true" : "false"); },
                            [](const DateSpan& date) { return date.written; }},
                    value);
}

using Words = std::array<const char*, 6>;  // in the order of Comparison
constexpr Words of_texts{"is",          "is not",           "sorts before", "is or sorts before",
                         "sorts after", "is or sorts after"};
constexpr Words of_numbers{"is",         "is not",       "is less than",
                           "is at most", "is more than", "is at least"};
constexpr Words of_dates{"is on",           "is not on", "is before",
                         "is on or before", "is after",  "is on or after"};

const Words& words_for(const Value& value) {
  if (std::holds_alternative<DateSpan>(value)) return of_dates;
  return std::holds_alternative<std::string>(value) ? of_texts : of_numbers;
}

std::string describe(const OneOf& one_of) {
  std::vector<std::string> values;
  for (const auto& value : one_of.values) values.push_back(to_string(value));
  return to_string(one_of.field) + " is one of " + join(values, ", ");
}

}  // namespace

std::string to_string(const Field& field) {
  switch (field.kind) {
    case FieldKind::email:
      return "email";
    case FieldKind::domain:
      return "domain";
    case FieldKind::name:
      return "name";
    case FieldKind::language:
      return "language";
    case FieldKind::time_zone:
      return "time_zone";
    case FieldKind::joined:
      return "joined";
    case FieldKind::last_got:
      return "last_got";
    case FieldKind::attribute:
      break;
  }
  const auto name = join(field.path, ".");
  for (const auto* other :
       {"email", "domain", "name", "language", "time_zone", "joined", "last_got"})
    if (name == other) return "attributes." + name;
  return name;
}

std::string describe(const Node& node) {
  return std::visit(
      Visitor{[](const All&) { return std::string("all of"); },
              [](const Any&) { return std::string("at least one of"); },
              [](const Not&) { return std::string("not"); },
              [](const Saved& saved) { return "the segment " + quoted(saved.name); },
              [](const Compare& compare) {
                return to_string(compare.field) + " " +
                       words_for(compare.value)[static_cast<std::size_t>(compare.comparison)] +
                       " " + to_string(compare.value);
              },
              [](const OneOf& one_of) { return describe(one_of); },
              [](const Contains& contains) {
                return to_string(contains.field) + " contains " + quoted(contains.text);
              },
              [](const StartsWith& starts) {
                return to_string(starts.field) + " starts with " + quoted(starts.text);
              },
              [](const IsSet& is) {
                return to_string(is.field) + (is.set ? " is set" : " is missing");
              },
              [](const HasTag& has) { return "has the tag " + quoted(has.tag); },
              [](const OnList& on) { return "is confirmed on the list " + quoted(on.list); },
              [](const Got& got) { return "got the issue " + quoted(got.issue); },
              [](const GotAny&) { return std::string("got any issue"); }},
      node.what);
}

}  // namespace postrider::subscribers::segment
