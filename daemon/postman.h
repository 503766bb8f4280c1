// Reads the mailbox where mail comes back to, on a thread of its own: what is done here is on disk
// before it is taken out there, and what is kept here stays there, too. A mailbox in trouble holds
// up nothing else.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/token.h"
#include "config/settings.h"
#include "daemon/mailbox/mailbox.h"
#include "daemon/returns.h"
#include "store/reports.h"

namespace postrider::daemon {

/// For `status`.
struct PostmanStatus {
  std::string mailbox;              // its url, without the user
  std::optional<Instant> read_at;   // the last time that it could be
  std::int64_t waiting = 0;         // messages in it then that were not read yet
  std::string trouble;              // in plain words; empty: none
  std::optional<Instant> retry_at;  // where it could not be read
};

class Postman {
 public:
  /// Settings with a mailbox. Opens a connection of its own to the database; nothing is read before
  /// `start`.
  static Result<std::unique_ptr<Postman>> open(const config::Settings& settings,
                                               std::shared_ptr<const TokenKeys> keys,
                                               const Clock& clock);
  ~Postman();

  void start();
  /// Safe from any thread.
  PostmanStatus status() const;

  /// One look into the mailbox; what `start`'s thread does again and again. True: there is more.
  Result<bool> round(mailbox::Mailbox& mailbox);

 private:
  Postman(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
          std::unique_ptr<store::Database> database, const Clock& clock);
  /// `settled`: those that nothing wants in the mailbox any more are added to it.
  void take(std::span<const mailbox::Arrived> arrived, std::vector<std::string>& settled);
  /// What is in the way of it; empty: nothing.
  std::string take_out(mailbox::Mailbox& mailbox, const std::vector<std::string>& settled);
  void run(const std::stop_token& stop);

  const config::Mailbox settings_;
  const std::string name_;  // of its marks
  const Clock& clock_;
  const std::unique_ptr<store::Database> database_;
  const Returns returns_;
  store::Reports reports_;
  mutable std::mutex mutex_;  // guards status_
  PostmanStatus status_;
  std::jthread thread_;
};

}  // namespace postrider::daemon
