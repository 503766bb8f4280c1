// Where mail comes back to, as the daemon reads it: an IMAP or POP3 mailbox, or a Maildir. Calls
// block, within the limits' times and until `stop`; they belong to one thread of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"
#include "mail/message.h"

namespace postrider::daemon::mailbox {

/// Of more, the beginning: an octet more than is read, so that the reader knows.
constexpr std::size_t largest_message = mail::ReadLimits().octets + 1;
constexpr std::size_t largest_round = 4 << 20;  // a fetch ends with the message that fills it

struct Arrived {
  std::string id;     // what it is called in this mailbox for ever: at most 255 octets, any but NUL
  std::string bytes;  // largest_message at the most
};

class Mailbox {
 public:
  virtual ~Mailbox() = default;

  /// At most `most` messages whose ids `known` does not know, oldest first; one that could not be
  /// had comes last the next time. Leaves them where they are, unread. `known` is asked of each
  /// that is there, in this order, until there are enough: what it knows was to be removed.
  virtual Result<std::vector<Arrived>> fetch(
      std::size_t most, const std::function<bool(const std::string& id)>& known) = 0;

  /// Deletes them for good; those that are gone already are no error.
  virtual Result<void> remove(const std::vector<std::string>& ids) = 0;

  /// How many messages there were at the last fetch, known or not.
  virtual std::int64_t waiting() const = 0;
};

/// Of a server: how long we wait.
struct Patience {
  Duration connect = std::chrono::seconds(30);  // for TCP, TLS, greeting and log-in together
  Duration answer = std::chrono::minutes(3);    // for the next octet: some list 100,000 mails first
  Duration session = std::chrono::minutes(15);  // from log-in to the end
};

std::unique_ptr<Mailbox> open_mailbox(const config::Mailbox& settings, const Clock& clock,
                                      std::stop_token stop, const Patience& limits = {});

}  // namespace postrider::daemon::mailbox
