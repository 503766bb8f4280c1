#include "daemon/http/proxies.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::daemon::http {

namespace {

/// "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711", "2001:db8::1": some proxies write ports.
std::optional<IpAddress> address_in(std::string_view entry) {
  entry = trim(entry);
  if (entry.starts_with('[')) return parse_ip(entry.substr(1, entry.find(']') - 1));
  if (const auto whole = parse_ip(entry)) return whole;
  return parse_ip(entry.substr(0, entry.find(':')));
}

}  // namespace

bool TrustedProxies::trust(const std::optional<IpAddress>& peer) const {
  if (!peer) return unix_peers;
  return std::ranges::any_of(networks,
                             [&](const IpNetwork& network) { return network.contains(*peer); });
}

std::optional<IpAddress> client_of(const std::optional<IpAddress>& peer,
                                   std::string_view forwarded_for, const TrustedProxies& trusted) {
  auto client = peer;
  while (!forwarded_for.empty() && trusted.trust(client)) {
    const auto comma = forwarded_for.rfind(',');
    const auto begin = comma == std::string_view::npos ? 0 : comma + 1;
    const auto next = address_in(forwarded_for.substr(begin));
    if (!next) break;
    client = next;
    forwarded_for = forwarded_for.substr(0, begin == 0 ? 0 : begin - 1);
  }
  return client;
}

}  // namespace postrider::daemon::http
