// Where others come to: "HOST:PORT" or "unix:PATH" becomes a Listen. Pure.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "config/settings.h"

namespace postrider::config {

/// What a fault tells to write instead.
struct ListenExamples {
  std::string_view address;  // "127.0.0.1:8025"
  std::string_view path;     // of a socket
};

/// An empty text stays an empty Listen. `folder`: what relative paths resolve against.
Result<Listen> parse_listen(std::string_view text, const std::filesystem::path& folder,
                            const ListenExamples& examples);

}  // namespace postrider::config
