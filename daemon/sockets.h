// Sockets that listen, by Asio: TCP or unix alike. For the servers alone.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ip_address.h"
#include "daemon/listen.h"

namespace postrider::daemon {

using Executor = boost::asio::io_context::executor_type;
using Protocol = boost::asio::generic::stream_protocol;
using Acceptor = boost::asio::basic_socket_acceptor<Protocol, Executor>;

/// One for each address that the name has (all of the same port), or the unix socket. `setting`:
/// who asked for it, "http.listen". Error: one line with what to do.
Result<std::vector<Acceptor>> open_acceptors(boost::asio::io_context& context, const Listen& where,
                                             std::string_view setting);

/// Nothing: of a unix socket.
std::optional<IpAddress> address_of(const Protocol::endpoint& endpoint);

/// The port a socket is bound to; 0: a unix socket.
std::uint16_t port_of(const Acceptor& acceptor);

}  // namespace postrider::daemon
