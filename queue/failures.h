// What servers said lately to those who did not get their mail, alike ones together: for `status`.
// In memory since the start; the ledger has every single one that was judged, but none of those
// whose session broke or whose sender another relay takes. Safe from any thread.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "queue/delivery.h"

namespace postrider::queue {

struct FailureStatus {
  OutcomeKind kind = OutcomeKind::deferred;
  Scope scope = Scope::recipient;
  mail::Reply reply;  // the last one of its kind
  std::int64_t count = 0;
  Instant last;
};

class Failures {
 public:
  static constexpr std::size_t most_kinds = 8;

  void note(const Outcome& outcome, Instant now);
  /// Forgets the servers' words, which may name one who was erased.
  void forget_words();
  /// The latest first.
  std::vector<FailureStatus> latest() const;

 private:
  mutable std::mutex mutex_;
  std::vector<FailureStatus> kinds_;
};

}  // namespace postrider::queue
