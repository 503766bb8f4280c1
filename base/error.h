// How bad input is reported. Broken resources (disk, SQL) are exceptions; bad input is a value:
// one clear line that says what is wrong, where, and how to mend it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace postrider {

/// One line for a person: what is wrong and how to mend it. No trailing full stop or newline.
struct Error {
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::make_unexpected(Error{std::move(message)});
}

enum class Severity { error, warning };

/// A fault at a place in a file that a person wrote (settings, draft, template, CSV).
struct Fault {
  std::string file;     // as the user would name it
  int line = 0;         // from 1; 0: the file as a whole
  std::string where;    // the key or element: "relay.primary.url"; may be empty
  std::string message;  // "what is wrong; what to write instead"
  Severity severity = Severity::error;

  bool operator==(const Fault&) const = default;
};

using Faults = std::vector<Fault>;

/// "postrider.toml:12: relay.primary.url: message"; a warning says so before its message.
std::string to_string(const Fault& fault);

/// Whether any of them is an error rather than a warning.
bool has_errors(const Faults& faults);

}  // namespace postrider
