// Takes what is delivered by LMTP into the database, by a connection of its own: what `take`
// returns from is on disk. Belongs to one thread.
#pragma once

#include <memory>
#include <span>

#include "base/clock.h"
#include "base/token.h"
#include "config/settings.h"
#include "daemon/lmtp/session.h"
#include "daemon/returns.h"
#include "store/reports.h"

namespace postrider::daemon::lmtp {

class Clerk {
 public:
  /// Settings with an address of [bounces].
  static Result<std::unique_ptr<Clerk>> open(const config::Settings& settings,
                                             std::shared_ptr<const TokenKeys> keys,
                                             const Clock& clock);

  /// Whether it takes mail to that address.
  bool serves(const std::string& address) const { return returns_.is_here(address); }

  /// All of them, or none, where it throws. Gives the moment.
  Instant take(std::span<const Delivery* const> deliveries);
  /// Between two of these: a moment in which who waits to write finds the database free.
  void let_others_write() { database_->let_others_write(); }

 private:
  Clerk(const config::Settings& settings, std::shared_ptr<const TokenKeys> keys,
        std::unique_ptr<store::Database> database, const Clock& clock);

  const Clock& clock_;
  const std::unique_ptr<store::Database> database_;
  const Returns returns_;
  store::Reports reports_;
};

}  // namespace postrider::daemon::lmtp
