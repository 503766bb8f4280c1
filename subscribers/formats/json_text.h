// JSON as text, which is how attributes are kept. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postrider::subscribers {

/// How deep an object in a list may be nested.
inline constexpr int deepest_json = 32;

/// Appends a JSON string (RFC 8259 §7) of UTF-8 text. Control characters other than line ends and
/// tabs become blanks.
void append_json(std::string_view text, std::string& out);

/// The parts of a list ("vip, press") as a JSON array of strings, without outer spaces and empty
/// ones; empty where there are none. A part in quotes may hold separators and doubled quotes. A
/// list that is a JSON array of strings already is taken as one.
std::string json_array(std::string_view parts, std::string_view separators);

/// A JSON value for people: a string without its quotes, anything else as it is written.
std::string json_text(std::string_view value);

using Members = std::vector<std::pair<std::string, std::string>>;  // key → JSON value

/// The members of a JSON object, their values as they are. Nothing where it is none, or is nested
/// too deep.
std::optional<Members> json_members(std::string_view text);

/// The members of a dict as Python's repr() writes it: strings, numbers, True, False, None, lists,
/// tuples and dicts whose keys are strings. Nothing where it is anything else.
std::optional<Members> python_members(std::string_view text);

}  // namespace postrider::subscribers
