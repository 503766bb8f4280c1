// Where a socket listens: of the pages (daemon/http/) and of LMTP (daemon/lmtp/).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace postrider::daemon {

struct Listen {
  std::string host;  // an address or name; empty: unix_path
  std::uint16_t port = 0;
  std::filesystem::path unix_path;  // made with mode 0660; one that nobody serves is replaced
};

}  // namespace postrider::daemon
