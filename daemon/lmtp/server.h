// The LMTP server: a mail server delivers what comes back, and hears 250 when it is on disk. Asio
// on a thread of its own; what several sessions bring at once is written in one transaction.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "config/settings.h"
#include "daemon/lmtp/clerk.h"

namespace postrider::daemon::lmtp {

/// For `status`.
struct Status {
  std::string listen;               // where, as written
  std::int64_t taken = 0;           // messages, since it listens
  std::optional<Instant> taken_at;  // the last one
  std::string trouble;              // why none can be kept, in plain words; empty: they can
};

struct ServerLimits {
  SessionLimits session;
  std::size_t sessions = 50;                         // whoever is over it hears 421
  std::chrono::milliseconds idle_time{300'000};      // RFC 5321 §4.5.3.2.7
  std::chrono::milliseconds patience_at_end{5'000};  // for the messages that are on their way
};

class Server {
 public:
  /// Binds and listens; nobody is answered before `start`. Error: the address is in use, not ours,
  /// or may not be bound, with what to do.
  static Result<std::unique_ptr<Server>> listen(const config::Listen& where,
                                                const ServerLimits& limits = {});
  /// `stop`, and waits for the end.
  virtual ~Server() = default;

  /// Again: from the next message on by that one, and for its address from the next session on.
  virtual void start(std::shared_ptr<Clerk> clerk) = 0;
  /// No new sessions; those there are end with 421, once the message that is on its way is settled.
  virtual void stop() = 0;

  // Safe from any thread.
  virtual Status status() const = 0;
  virtual bool listens_on(const config::Listen& where) const = 0;
  virtual std::uint16_t port() const = 0;  // the one bound, where 0 was asked for; 0: unix socket
};

}  // namespace postrider::daemon::lmtp
