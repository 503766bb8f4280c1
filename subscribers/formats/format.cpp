#include "subscribers/formats/format.h"

#include <array>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

constexpr std::array<std::string_view, 10> names{"auto",    "csv",      "substack",   "mailchimp",
                                                 "ghost",   "listmonk", "buttondown", "keila",
                                                 "beehiiv", "postrider"};

}  // namespace

std::string_view to_string(Format format) { return names[static_cast<std::size_t>(format)]; }

std::optional<Format> parse_format(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<Format>(i);
  return {};
}

std::string format_names() { return join(names, ", "); }

}  // namespace postrider::subscribers
