// Which deliveries a daemon has claimed: in its memory alone. A claim lasts as long as the daemon,
// whose lock keeps others from the database; what it claimed and did not begin is simply still
// queued at the next start. Belongs to the writer thread.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "queue/delivery.h"
#include "queue/store.h"

namespace postrider::store {

class Claims {
 public:
  /// The claim's number, given once.
  std::int64_t take(const queue::DeliveryKey& key, queue::DeliveryState row);
  bool holds(const queue::DeliveryKey& key) const { return held_.contains(key); }

  /// The state in which the claim left the row: as found, or sending. Nothing: it is no longer that
  /// claim's.
  std::optional<queue::DeliveryState> row_of(const queue::Claim& claim) const;
  /// Its row is `sending` now.
  void begin(const queue::DeliveryKey& key);
  void drop(const queue::DeliveryKey& key);

  /// What was changed since the last of these stays, or is undone, as its transaction is.
  void keep() { changed_.clear(); }
  void undo();

 private:
  struct Held {
    std::int64_t number;
    queue::DeliveryState row;
  };
  struct Hash {
    std::size_t operator()(const queue::DeliveryKey& key) const;
  };

  void set(const queue::DeliveryKey& key, std::optional<Held> held);

  std::unordered_map<queue::DeliveryKey, Held, Hash> held_;
  std::vector<std::pair<queue::DeliveryKey, std::optional<Held>>> changed_;  // what was before
  std::int64_t numbers_ = 0;
};

}  // namespace postrider::store
