// What the queue asks of its storage. Implemented in store/; tests use one in memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "queue/delivery.h"
#include "queue/notice.h"

namespace postrider::queue {

/// Which message: an issue's delivery to a subscriber, or a notice (queue/notice.h) where `notice`
/// is not 0; that may have neither issue nor subscriber.
struct DeliveryKey {
  IssueId issue;
  SubscriberId subscriber;
  std::int64_t notice = 0;
  auto operator<=>(const DeliveryKey&) const = default;
};

/// One taking of a delivery from the queue. Its number is of this taking alone: whatever an earlier
/// taker still has to say of the delivery changes nothing.
struct Claim {
  DeliveryKey key;
  std::int64_t number = 0;
  GroupId group;     // of pacing
  int attempts = 0;  // before it
  int version = 0;   // of the issue's content that its mail is of; 0: of none
};

/// A delivery taken from the queue, with all that composing its message needs.
struct Claimed {
  DeliveryKey key;
  std::int64_t number = 0;
  GroupId group;  // of pacing
  Delivery delivery;
  ListId list;  // 0: none, of a notice
  Uid uid;      // the subscriber's random id
  std::string email;
  std::string name;
  std::string attributes;                  // a JSON object
  std::shared_ptr<const Notice> notice{};  // null: an issue's delivery
  int version = 0;                         // of the issue's content, the newest; 0: of none

  Claim claim() const { return {key, number, group, delivery.attempts, version}; }
};

/// How many deliveries of a pacing group may be claimed now.
struct Room {
  std::size_t most = 0;
  std::optional<Instant> again;  // where there is no room: when to ask again; nothing: when told
  bool elsewhere = false;        // no room, since another relay carries them
};

/// Who decides from which pacing groups may be claimed. Called on the writer thread.
class Gate {
 public:
  virtual ~Gate() = default;
  /// `domain`: the group's name; empty for group 0, which is all domains without one.
  virtual Room room(GroupId group, const std::string& domain) = 0;
  /// So many of them were claimed.
  virtual void took(GroupId group, std::size_t count) = 0;
};

/// What a claim has found.
struct Taken {
  std::vector<Claimed> claimed;
  std::optional<Instant> again;  // when more may be due; nothing: when told
};

/// What a rate limit has left (queue/token_bucket.h), kept so that a restart gives nothing away.
struct Allowance {
  std::string name;  // "relay primary", "domain gmail.com"
  double tokens = 0;
  Instant at;
};

/// A server's wish: no mail before that time. Kept, so that a restart forgets none.
struct Pause {
  std::string name;  // "relay primary joe@smtp.example:465", "domain gmail.com"
  Instant until;
  std::string reason;  // its words
};

/// One try, for the ledger.
struct Attempt {
  Instant begun;
  Instant ended;
  std::string relay;  // its name
  Outcome outcome;
};

/// The storage cannot be written now (disk full, I/O error, read-only, locked): try again later.
class CannotWrite : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Called by the writer thread only, always inside `transact`.
class Store {
 public:
  virtual ~Store() = default;

  /// Runs `work` in one transaction that is on disk when this returns. Throws CannotWrite, having
  /// undone all of it, where that cannot be done now; what `work` throws, having undone all of it.
  virtual void transact(const std::function<void()>& work) = 0;

  /// Takes at most `most` notices and deliveries of issues that are being sent, due by `now`, as
  /// far as the gate allows: notices first, then issues in the order of their start, their pacing
  /// groups by turns, of each the longest due first.
  virtual Taken claim(Instant now, std::size_t most, Gate& gate) = 0;

  /// The same of notices alone.
  virtual Taken claim_notices(Instant now, std::size_t most, Gate& gate) = 0;

  /// claimed → sending, with the version that its mail is of. False where it is no longer ours to
  /// send: the reader left, the issue was paused, cancelled or amended; it is then cancelled or
  /// back in the queue already.
  virtual bool begin_sending(const Claim& claim, Instant now) = 0;

  /// Whether deliveries of the issue may begin: it is neither paused nor cancelled.
  virtual bool is_sending(IssueId issue) = 0;

  /// The newest version of the issue's content; 0: there is none.
  virtual int newest_version(IssueId issue) = 0;

  /// The attempt and what becomes of the delivery (was sending, or claimed where it was refused
  /// before its body). An issue with nothing left to send becomes sent.
  virtual void record(const Claim& claim, const Attempt& attempt, const Next& next) = 0;

  /// claimed or sending, and nothing of it was judged: back to the queue as it was, due at `due`.
  /// Nothing where it is no longer this claim's.
  virtual void release(const Claim& claim, Instant due) = 0;

  virtual void keep(const Allowance& allowance) = 0;
  virtual void keep(const Pause& pause) = 0;
};

}  // namespace postrider::queue
