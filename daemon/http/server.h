// The HTTP server: Boost.Beast on Asio, one .cpp. Values in, values out; limits on every size, time
// and number of connections; security headers on every answer. Runs on the io_context's one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/ip_address.h"
#include "daemon/http/tls.h"
#include "daemon/listen.h"

namespace boost::asio {
class io_context;
}

namespace postrider::daemon::http {

using daemon::Listen;

/// What was asked, as sent: nothing is decoded, nothing is to be trusted.
struct Request {
  std::string method;           // "GET" for a HEAD too: the server leaves the body out
  std::string path;             // "/unsubscribe/TOKEN": begins with a slash, no query
  std::string query;            // what follows the question mark; may be empty
  std::string accept_language;  // empty: not said
  std::string content_type;     // empty: not said
  std::string body;
  std::string forwarded_for = {};      // X-Forwarded-For, all such fields; anybody may write it
  std::optional<IpAddress> peer = {};  // who is connected; nothing: by a unix socket
  std::string authorization = {};      // the field of that name
  std::string signature = {};          // X-Twilio-Email-Event-Webhook-Signature
  std::string signed_at = {};          // X-Twilio-Email-Event-Webhook-Timestamp
};

struct Response {
  int status = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::string body;
  std::string allow = {};      // with 405: the methods that the path knows, "GET, HEAD, POST"
  std::string file_name = {};  // to be saved under that name; empty: to be shown
  std::chrono::seconds retry_after{0};  // with 429; with 503 the server says a minute
};

/// Answers one request. Called from the io_context's thread, once, now or later; what comes after
/// the connection or its patience has ended is dropped.
using Respond = std::function<void(Response)>;
using Handler = std::function<void(const Request& request, Respond respond)>;

/// Whoever exceeds a size gets 431 or 413; a time: the connection closes. Where all connections
/// are taken, the one that has kept us waiting longest makes room, or the newcomer gets 503.
struct Limits {
  std::size_t header = 8 * 1024;                   // octets of request line and all fields
  std::size_t body = 16 * 1024;                    // octets
  std::size_t long_body = 1024 * 1024;             // of what webhooks tell: paths with /webhooks/
  std::size_t long_bodies = 16;                    // requests over `body` at once; then 503
  std::size_t connections = 4096;                  // at most half of the files the process may open
  std::chrono::milliseconds request_time{10'000};  // to send a whole request, to take its answer
  std::chrono::milliseconds answer_time{10'000};   // for the handler's answer; then 503
  std::chrono::milliseconds idle_time{15'000};     // between requests
};

class Server {
 public:
  /// Binds and listens; requests are answered once the io_context runs, which must outlive the
  /// server. Error: the address is in use, not ours, or may not be bound, with what to do.
  static Result<std::unique_ptr<Server>> listen(boost::asio::io_context& context,
                                                const Listen& where, Handler handler,
                                                Limits limits = {},
                                                std::shared_ptr<Tls> tls = nullptr);
  /// Closes everything; the handler is not called again.
  virtual ~Server() = default;
  /// From the next connection on; nothing: without TLS.
  virtual void use(std::shared_ptr<Tls> tls) = 0;
  virtual std::uint16_t port() const = 0;  // the one bound, where 0 was asked for; 0: unix socket
  /// No new connections; idle ones close, requests under way are answered first.
  virtual void stop() = 0;
};

}  // namespace postrider::daemon::http
