// Who is behind a proxy: X-Forwarded-For, believed only where a trusted proxy wrote it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace postrider::daemon::http {

/// Whose word on the client's address is taken.
struct TrustedProxies {
  std::vector<IpNetwork> networks = {};
  bool unix_peers = false;  // whoever may connect to the unix socket

  /// `peer`: who is connected; nothing: a unix socket's.
  bool trust(const std::optional<IpAddress>& peer) const;
};

/// The client's address: the peer's, or where that is trusted the rightmost entry of the field that
/// is not a trusted proxy itself (all before it, anybody may have written). An entry that is no
/// address ends the search at the last that was one. Nothing: nobody knows.
std::optional<IpAddress> client_of(const std::optional<IpAddress>& peer,
                                   std::string_view forwarded_for, const TrustedProxies& trusted);

}  // namespace postrider::daemon::http
