// What the operator is told by mail. Whoever has something to say leaves it here, in the
// transaction of what it is about; the daemon makes notices of it, for each kind at most one an
// hour. Belongs to the thread of its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/address.h"
#include "store/sqlite.h"

namespace postrider::store {

/// The numbers are stored.
enum class OperatorEvent : std::uint8_t {
  issue_held = 0,
  issue_rejected = 1,
  issue_paused = 2,  // by the daemon
  issue_started = 3,
  issue_finished = 4,
  breaker = 5,  // many readers gone at once: nobody is suppressed until the operator says so
  complaint_rate = 6,
  failure_rate = 7,
  sign_ups = 8,  // to a list are stopped
  gone_rate = 9,
  slot_empty = 10,     // no draft is planned for one that comes soon
  slot_quiet = 11,     // one has passed without an issue
  approval_void = 12,  // what was approved has changed
  issue_stalled = 20,
  relay_down = 21,
  relay_up = 22,
  mailbox_down = 23,
  mailbox_up = 24,
  database = 25,  // can be written again
  disk = 26,      // has little room, or enough again
  certificate = 27,
  database_damaged = 30,
};

/// One thing to tell.
struct OperatorNews {
  std::string about;
  std::string line;
  Instant at;
};

/// What one notice tells: all of a kind.
struct OperatorMail {
  OperatorEvent kind{};
  std::vector<OperatorNews> news;  // oldest first; OperatorMails::most_news of them at most
  std::int64_t more = 0;           // that are left out
};

class OperatorMails {
 public:
  static constexpr Duration least_pause = std::chrono::hours(1);  // between two of a kind
  static constexpr std::size_t most_news = 100;                   // in one mail

  explicit OperatorMails(Database& database) : database_(database) {}

  /// `about`: a slug, domain or list; `line`: in plain words, what happened and what to do. Call it
  /// inside the transaction of that.
  void tell(OperatorEvent kind, std::string_view about, std::string_view line, Instant now);

  /// What waits to be told about it is settled already.
  void forget(OperatorEvent kind, std::string_view about);

  /// Whether `make_notices` has something to do. `anybody`: there is an operator's address.
  bool is_due(bool anybody, Instant now);
  /// Makes a notice to that address of all that has gathered of a kind, but where an hour has not
  /// passed since the last. Nobody: forgets what has gathered.
  void make_notices(const std::optional<mail::Address>& to, Instant now);

  /// What the notice of that random id tells; nothing: it is none, or was sent long ago.
  std::optional<OperatorMail> of(std::uint64_t notice);

  struct Failure {
    Instant at;
    std::string reply;
  };
  /// Why the newest one that was tried is not accepted; nothing: it is.
  std::optional<Failure> last_failure();

 private:
  std::vector<std::int64_t> due_kinds(Instant now);
  void forget_told(Instant now);

  Database& database_;
};

}  // namespace postrider::store
