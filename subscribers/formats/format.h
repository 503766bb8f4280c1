// The platforms whose lists can be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::subscribers {

enum class Format : std::uint8_t {
  automatic,  // found by the file's columns
  csv,        // any list with a header; common names of columns are known
  substack,
  mailchimp,
  ghost,
  listmonk,
  buttondown,
  keila,
  beehiiv,
  postrider,  // its own export, edited perhaps
};

/// As written after --format: "auto", "csv", "substack", …
std::string_view to_string(Format format);
std::optional<Format> parse_format(std::string_view text);

/// "auto, csv, substack, …": what --format takes.
std::string format_names();

}  // namespace postrider::subscribers
