// What the queue asks of its storage. Implemented in store/; tests use one in memory.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "queue/delivery.h"

namespace postrider::queue {

/// Which message: an issue's delivery to a subscriber, or a notice (a mail outside an issue's
/// sums, such as a resent copy) where `notice` is not 0.
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
};

/// A delivery taken from the queue, with all that composing its message needs.
struct Claimed {
  DeliveryKey key;
  std::int64_t number = 0;
  Delivery delivery;
  ListId list;
  Uid uid;  // the subscriber's random id
  std::string email;
  std::string name;
  std::string attributes;  // a JSON object

  Claim claim() const { return {key, number}; }
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

/// Called by the writer thread only, always inside `transact`, but for `next_due`.
class Store {
 public:
  virtual ~Store() = default;

  /// Runs `work` in one transaction that is on disk when this returns. Throws CannotWrite, having
  /// undone all of it, where that cannot be done now; what `work` throws, having undone all of it.
  virtual void transact(const std::function<void()>& work) = 0;

  /// Takes at most `most` deliveries of issues that are being sent, due by `now`, longest due
  /// first.
  virtual std::vector<Claimed> claim(Instant now, std::size_t most) = 0;

  /// claimed → sending. False where it is no longer ours to send: the reader left, the issue was
  /// paused or cancelled; it is then cancelled or back in the queue already.
  virtual bool begin_sending(const Claim& claim, Instant now) = 0;

  /// The attempt and what becomes of the delivery (was sending, or claimed where it was refused
  /// before its body). An issue with nothing left to send becomes sent.
  virtual void record(const Claim& claim, const Attempt& attempt, const Next& next) = 0;

  /// claimed or sending, and nothing of it was judged: back to the queue as it was, due at `due`.
  /// Nothing where it is no longer this claim's.
  virtual void release(const Claim& claim, Instant due) = 0;

  /// When the next delivery of an issue that is being sent is due; nothing: none waits.
  virtual std::optional<Instant> next_due() = 0;
};

}  // namespace postrider::queue
