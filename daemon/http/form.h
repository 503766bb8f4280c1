// What a page's form sends: application/x-www-form-urlencoded (WHATWG URL §5.1), read strictly and
// within limits. Anything else has no fields: a one-click sender's body (RFC 8058 §3.2 allows
// multipart/form-data, too) says nothing that the address has not said.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace postrider::daemon::http {

class Form {
 public:
  static constexpr std::size_t most_fields = 64;
  static constexpr std::size_t longest_name = 64;     // octets, decoded
  static constexpr std::size_t longest_value = 4096;  // octets, decoded

  static constexpr std::string_view type = "application/x-www-form-urlencoded";
  static bool has_type(std::string_view content_type);

  /// Of a body with that Content-Type. Nothing: a form that is malformed (a broken escape, no
  /// UTF-8, a NUL) or over a limit; a browser sends neither.
  static std::optional<Form> parse(std::string_view content_type, std::string_view body);

  /// The first field of that name, trimmed; empty where there is none.
  std::string_view value(std::string_view name) const;
  bool has(std::string_view name) const;
  /// Of all fields of that name, in their order: boxes that are ticked.
  std::vector<std::string_view> values(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace postrider::daemon::http
