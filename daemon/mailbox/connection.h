// A connection to an IMAP or POP3 server by libcurl: TCP, TLS or STARTTLS and log-in are its work
// (CURLOPT_CONNECT_ONLY); the dialogue after that is ours. libcurl's own IMAP gives no more than
// the first line of an answer to a command of ours, loses part of long SEARCH answers, and marks
// what it fetches as read; its POP3 takes a message a round trip, of any size. Whoever has the
// connection blocks on it.
#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "daemon/mailbox/mailbox.h"
#include "queue/access_token.h"

namespace postrider::daemon::mailbox {

constexpr std::size_t longest_said = 300;  // octets of a server's words that are told

/// The server's side is broken, or says no: what() is for the operator. Ends a session.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How a server is reached.
struct Way {
  config::Mailbox settings;
  std::shared_ptr<queue::TokenKeeper> tokens;  // XOAUTH2; null: by password
  std::stop_token stop;
  Patience limits;
};

class Connection {
 public:
  /// Connects and logs in; with a new token once more where the one at hand is refused. Throws
  /// Broken.
  static std::unique_ptr<Connection> open(const Way& way);
  /// Closes without a word to the server.
  virtual ~Connection() = default;

  /// HOST:PORT
  virtual const std::string& peer() const = 0;
  /// All of it. Throws Broken.
  virtual void send(std::string_view bytes) = 0;
  /// Some of what comes, at least an octet. Throws Broken where nothing comes in time, the server
  /// closes, the session's time is up or the daemon ends.
  virtual std::size_t receive(std::span<char> into) = 0;
};

}  // namespace postrider::daemon::mailbox
