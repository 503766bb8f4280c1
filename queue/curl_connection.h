// Connections to SMTP servers by libcurl: TCP, TLS or STARTTLS, EHLO and AUTH are its work
// (CURLOPT_CONNECT_ONLY); what goes over a ready connection is ours. All objects of a Connector
// belong to its thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "queue/login_secrets.h"
#include "queue/smtp_relay.h"
#include "queue/smtp_session.h"

namespace postrider::queue {

/// A ready, authenticated connection. Closes without QUIT when destroyed.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual int fd() const = 0;
  virtual const SmtpOffers& offers() const = 0;
  virtual const Endpoint& peer() const = 0;
  /// What it was logged in with.
  virtual const LoginSecrets& secrets() const = 0;

  enum class State { open, closed };
  /// Sends what it can of the pieces, one behind another; `octets` says how much. Never blocks.
  virtual State send(std::span<const std::string_view> pieces, std::size_t& octets) = 0;
  /// Hands over all that has arrived, piece by piece, until `take` returns false. Never blocks.
  virtual State receive(const std::function<bool(std::string_view)>& take) = 0;
};

/// Why there is no connection.
struct ConnectFailure {
  std::string message;   // in plain words
  bool lasting = false;  // the log-in was refused for good: to try again is of no use
};

/// Opens connections on the caller's epoll: at most 250 at a time.
class Connector {
 public:
  using Opened = std::function<void(tl::expected<std::unique_ptr<Connection>, ConnectFailure>)>;

  /// `epoll`: where its sockets are watched, with their fd as data.
  static std::unique_ptr<Connector> make(const SmtpRelayOptions& options, int epoll);
  virtual ~Connector() = default;

  /// Answers later, from `on_event` or `on_time`, with a connection or the reason in plain words.
  virtual void open(Opened opened) = 0;
  /// Something happened on a socket that is being connected. False: it is none of them.
  virtual bool on_event(int fd, std::uint32_t events) = 0;
  /// When `on_time` wants to be called; nothing: not at all.
  virtual std::optional<std::chrono::steady_clock::time_point> deadline() const = 0;
  virtual void on_time() = 0;
  virtual std::size_t opening() const = 0;
};

}  // namespace postrider::queue
