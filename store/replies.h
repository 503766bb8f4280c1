// What people wrote back: who leaves by it, whose words are sent on to the publisher, who is asked
// whether they want to leave. Belongs to the thread of its Database; call it inside a transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/bounces.h"
#include "store/reports.h"
#include "store/sqlite.h"

namespace postrider::store {

class Replies {
 public:
  static constexpr std::int64_t most_forwards = 20;  // of one reader within 24 hours

  Replies(Database& database, Bounces& bounces) : database_(database), bounces_(bounces) {}

  Filed take(const Arrival& arrival, std::int64_t report, Instant now);

 private:
  bool leave(const Arrival& arrival, std::int64_t report, Instant now);
  bool has_many(SubscriberId reader, Instant now);
  void forward(const Arrival& arrival, std::int64_t report, Instant now);
  bool ask(SubscriberId reader, std::int64_t report, Instant now);
  std::optional<SubscriberId> reader_at(const mail::Address& address);

  Database& database_;
  Bounces& bounces_;
};

/// The message that a notice was made of; nothing: it is not kept any more.
std::optional<std::string> message_answered(Database& database, std::int64_t notice);

/// The notice was accepted: nobody needs that message here any more.
void forget_answered(Database& database, std::int64_t notice);

}  // namespace postrider::store
