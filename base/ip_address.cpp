#include "base/ip_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace postrider {

namespace {

constexpr std::array<std::uint8_t, 12> ipv4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr int ipv4_bits = 32;
constexpr int all_bits = 128;

}  // namespace

bool IpAddress::is_ipv4() const {
  return std::equal(ipv4_prefix.begin(), ipv4_prefix.end(), octets.begin());
}

std::string IpAddress::str() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_ipv4())
    ::inet_ntop(AF_INET, octets.data() + ipv4_prefix.size(), text.data(), text.size());
  else
    ::inet_ntop(AF_INET6, octets.data(), text.data(), text.size());
  return text.data();
}

IpAddress ip_of(std::span<const std::uint8_t> octets) {
  IpAddress address;
  if (octets.size() == address.octets.size()) {
    std::copy(octets.begin(), octets.end(), address.octets.begin());
  } else {
    const auto rest = std::copy(ipv4_prefix.begin(), ipv4_prefix.end(), address.octets.begin());
    std::copy_n(octets.begin(), std::min<std::size_t>(octets.size(), 4), rest);
  }
  return address;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) return {};
  const std::string terminated(text);
  std::array<std::uint8_t, 16> octets{};
  if (::inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1)
    return ip_of(std::span(octets).first(4));
  if (::inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1) return ip_of(octets);
  return {};
}

IpNetwork network_of(const IpAddress& address, int bits) {
  const int prefix =
      std::clamp(address.is_ipv4() ? all_bits - ipv4_bits + bits : bits, 0, all_bits);
  IpNetwork network{address, prefix};
  for (int i = 0; i < static_cast<int>(network.base.octets.size()); ++i) {
    const int kept = std::clamp(prefix - i * 8, 0, 8);
    network.base.octets[static_cast<std::size_t>(i)] &=
        static_cast<std::uint8_t>(0xFF << (8 - kept));
  }
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
  const int bits = address.is_ipv4() ? prefix - (all_bits - ipv4_bits) : prefix;
  return bits >= 0 && network_of(address, bits).base == base;
}

std::optional<IpNetwork> parse_network(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return {};
  const int most = address->is_ipv4() ? ipv4_bits : all_bits;
  int bits = most;
  if (slash < text.size()) {
    const auto number = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (error != std::errc{} || end != number.data() + number.size() || bits < 0 || bits > most)
      return {};
  }
  const auto network = network_of(*address, bits);
  return network.base == *address ? std::optional(network) : std::nullopt;
}

}  // namespace postrider
