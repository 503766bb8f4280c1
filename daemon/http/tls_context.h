// What a certificate is to Asio. For tls.cpp and server.cpp alone.
#pragma once

#include <boost/asio/ssl/context.hpp>

namespace postrider::daemon::http {

struct Tls {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

}  // namespace postrider::daemon::http
