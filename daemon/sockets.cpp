#include "daemon/sockets.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <netinet/in.h>
#include <span>
#include <sys/stat.h>
#include <sys/un.h>

namespace postrider::daemon {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

namespace {

constexpr int backlog = 4096;  // the kernel's own limit cuts it

std::string name_of(const Listen& where) {
  if (where.host.empty()) return "unix:" + where.unix_path.string();
  const bool is_ipv6 = where.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

std::string remedy(const Listen& where, const error_code& error) {
  const bool is_unix = where.host.empty();
  if (error == asio::error::address_in_use)
    return is_unix ? "another program listens there; end it or set another path"
                   : "another program listens there; end it (`ss -ltnp` names it) or set another "
                     "port";
  if (error == asio::error::access_denied)
    return is_unix ? "this user may not write that folder; set another path"
                   : "only root may listen on ports below 1024; set a higher one";
  if (error == boost::system::errc::no_such_file_or_directory)
    return "its folder does not exist; make it or set another path";
  if (error == boost::system::errc::address_not_available)
    return "no interface of this machine has that address; set 127.0.0.1 or one that it has";
  if (error == asio::error::host_not_found || error == asio::error::host_not_found_try_again)
    return "this name has no address; set an address such as 127.0.0.1";
  if (error == boost::system::errc::filename_too_long)
    return "the path is too long for a socket (107 octets); set a shorter one";
  if (error == boost::system::errc::not_a_socket)
    return "a file that is no socket is there; move it away or set another path";
  return error.message();
}

Acceptor bound(asio::io_context& context, const Protocol::endpoint& endpoint) {
  Acceptor acceptor(context);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(asio::socket_base::reuse_address(true));
  acceptor.non_blocking(true);
  acceptor.bind(endpoint);
  return acceptor;
}

/// Removes a socket that nobody serves any more; throws where somebody does.
void clear_away(asio::io_context& context, const fs::path& path) {
  std::error_code ignored;
  const auto status = fs::symlink_status(path, ignored);
  if (!fs::exists(status)) return;
  if (!fs::is_socket(status))
    throw system_error(error_code(ENOTSOCK, asio::error::get_system_category()));
  asio::local::stream_protocol::socket probe(context);
  error_code error;
  probe.connect(path.string(), error);
  if (error != asio::error::connection_refused)
    throw system_error(error ? error : asio::error::address_in_use);
  fs::remove(path, ignored);
}

Acceptor open_unix(asio::io_context& context, const fs::path& path) {
  const asio::local::stream_protocol::endpoint endpoint(path.string());
  clear_away(context, path);
  auto acceptor = bound(context, endpoint);
  // Nobody can connect before listen(), so no other mode is ever in force.
  if (::chmod(path.c_str(), 0660) != 0)
    throw system_error(error_code(errno, asio::error::get_system_category()));
  acceptor.listen(backlog);
  return acceptor;
}

/// Every address of the name; one that this machine does not have (no IPv6) is left out as long as
/// another remains.
std::vector<Acceptor> open_tcp(asio::io_context& context, const Listen& where) {
  tcp::resolver resolver(context);
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry :
       resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive))
    if (std::find(endpoints.begin(), endpoints.end(), entry.endpoint()) == endpoints.end())
      endpoints.push_back(entry.endpoint());
  std::vector<Acceptor> acceptors;
  for (auto endpoint : endpoints) {
    if (!acceptors.empty()) endpoint.port(port_of(acceptors.front()));
    try {
      acceptors.push_back(bound(context, endpoint));
    } catch (const system_error& error) {
      const bool is_last = endpoint.address() == endpoints.back().address();
      if (error.code() != boost::system::errc::address_not_available ||
          (is_last && acceptors.empty()))
        throw;
    }
  }
  for (auto& acceptor : acceptors) acceptor.listen(backlog);
  return acceptors;
}

}  // namespace

Result<std::vector<Acceptor>> open_acceptors(asio::io_context& context, const Listen& where,
                                             std::string_view setting) {
  try {
    if (!where.host.empty()) return open_tcp(context, where);
    std::vector<Acceptor> acceptors;
    acceptors.push_back(open_unix(context, where.unix_path));
    return acceptors;
  } catch (const system_error& error) {
    return fail(std::string(setting) + ": " + name_of(where) + ": " + remedy(where, error.code()));
  }
}

std::optional<IpAddress> address_of(const Protocol::endpoint& endpoint) {
  const auto* address = endpoint.data();
  const auto octets = [](const auto& field) {
    return std::span(reinterpret_cast<const std::uint8_t*>(&field), sizeof field);
  };
  if (endpoint.size() == 0) return {};
  if (address->sa_family == AF_INET)
    return ip_of(octets(reinterpret_cast<const sockaddr_in*>(address)->sin_addr));
  if (address->sa_family == AF_INET6)
    return ip_of(octets(reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr));
  return {};
}

std::uint16_t port_of(const Acceptor& acceptor) {
  const auto endpoint = acceptor.local_endpoint();
  const auto* address = endpoint.data();
  // The port stands at the same place in IPv4's and IPv6's addresses.
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
}

}  // namespace postrider::daemon
