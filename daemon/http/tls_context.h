// What a certificate is to Asio. For tls.cpp and server.cpp alone.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <optional>

#include "base/clock.h"

namespace postrider::daemon::http {

struct Tls {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
  std::optional<Instant> ends;  // of the certificate
};

}  // namespace postrider::daemon::http
