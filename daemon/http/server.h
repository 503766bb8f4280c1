// The HTTP server: Boost.Beast on Asio, one .cpp. Values in, values out; limits on every size, time
// and number of connections; security headers on every answer. Runs on the io_context's one thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace boost::asio {
class io_context;
}

namespace postrider::daemon::http {

struct Request {
  std::string method;  // "GET"
  std::string path;    // decoded? no: as sent, without the query
  std::string query;   // as sent, without the question mark
  std::string accept_language;
  std::string content_type;
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::string body;
};

/// Called once for each request, from the io_context's thread, now or later.
using Respond = std::function<void(Response)>;
using Handler = std::function<void(const Request& request, Respond respond)>;

struct Listen {
  std::string host;  // an address or name; empty: unix_path
  std::uint16_t port = 0;
  std::filesystem::path unix_path;
};

struct Limits {
  std::size_t header = 8 * 1024;  // octets of all fields
  std::size_t body = 16 * 1024;
  std::size_t connections = 4096;
  std::chrono::seconds request_time{10};  // to send a whole request
  std::chrono::seconds idle_time{15};     // between requests
};

class Server {
 public:
  /// Binds and listens; requests are answered once the io_context runs. Error: the address is in
  /// use, not ours, or may not be bound, with what to do.
  static Result<std::unique_ptr<Server>> listen(boost::asio::io_context& context,
                                                const Listen& where, Handler handler,
                                                Limits limits = {});
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;  // the one bound, where 0 was asked for
  /// No new connections; those there are answered and closed.
  virtual void stop() = 0;
};

}  // namespace postrider::daemon::http
