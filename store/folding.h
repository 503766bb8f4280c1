// Issues that ended long ago, folded: what only tells how it came about goes, and each answer that
// people ask for stays. Belongs to the thread of its Database.
//
//   goes    of each reader the attempts before the last one; the events of what came back
//   stays   sums, states and numbers of attempts, each reader's last attempt (code, reply, time)
//   and
//           those that were accepted or may have been, what came back itself, the issue's own
//           events, who left by it
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/sqlite.h"

namespace postrider::store {

/// What went.
struct FoldedRows {
  std::int64_t attempts = 0;
  std::int64_t events = 0;
};

class Folding {
 public:
  explicit Folding(Database& database) : database_(database) {}

  /// Issues that ended before then and are not folded since; the oldest first.
  std::vector<IssueId> due(Instant before);

  /// A step, one transaction of some 10 ms that leaves all true; adds what went to `rows`. True:
  /// there is more. One that is sent on meanwhile is left alone.
  bool step(IssueId issue, Instant before, Instant now, FoldedRows& rows);

  /// When it was, of an issue of which something went; nothing: it was not.
  std::optional<Instant> folded_at(IssueId issue);

 private:
  struct Place {
    std::int64_t readers_to = 0, events_to = 0;
  };
  bool begin(IssueId issue, Instant before, Instant now, Place& place);
  bool fold_attempts(IssueId issue, Place& place, FoldedRows& rows);
  bool fold_events(IssueId issue, Instant before, Place& place, FoldedRows& rows);

  Database& database_;
};

}  // namespace postrider::store
