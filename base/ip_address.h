// IP addresses and networks as values. An IPv4 address is its IPv4-mapped IPv6 one (RFC 4291
// §2.5.5.2), so that both spellings are the same address.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postrider {

struct IpAddress {
  std::array<std::uint8_t, 16> octets{};

  bool is_ipv4() const;
  /// As RFC 5952 has it: "192.0.2.1", "2001:db8::1".
  std::string str() const;
  auto operator<=>(const IpAddress&) const = default;
};

/// "192.0.2.1" or "2001:db8::1", without port, zone or brackets. Nothing: it is none.
std::optional<IpAddress> parse_ip(std::string_view text);

/// Four octets or sixteen, as sockets have them.
IpAddress ip_of(std::span<const std::uint8_t> octets);

struct IpNetwork {
  IpAddress base;    // zeros behind the prefix
  int prefix = 128;  // bits, of 128

  bool contains(const IpAddress& address) const;
  bool operator==(const IpNetwork&) const = default;
};

/// The network of that many bits (an IPv4 address': of its 32) that the address is in.
IpNetwork network_of(const IpAddress& address, int bits);

/// "10.0.0.0/8", "2001:db8::/32", or an address alone. Nothing: it is none, or has bits behind its
/// prefix.
std::optional<IpNetwork> parse_network(std::string_view text);

}  // namespace postrider
