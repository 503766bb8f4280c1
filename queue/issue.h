// An issue's states and sums, as the ledger keeps them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/time_zone.h"

namespace postrider::queue {

/// draft → scheduled → sending → sent, and paused, held, cancelled, rejected. The numbers are
/// stored.
enum class IssueState : std::uint8_t {
  draft = 0,
  scheduled = 1,
  sending = 2,
  sent = 3,
  paused = 4,
  held = 5,
  cancelled = 6,
  rejected = 7,
};

std::string_view to_string(IssueState state);

/// At every moment audience = accepted + deferred + bounced + failed + cancelled + in_doubt +
/// pending.
struct IssueSums {
  std::int64_t accepted = 0;
  std::int64_t deferred = 0;  // waiting after a try
  std::int64_t bounced = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  std::int64_t in_doubt = 0;
  std::int64_t pending = 0;  // not tried yet, or on the wire now

  std::int64_t audience() const {
    return accepted + deferred + bounced + failed + cancelled + in_doubt + pending;
  }
  bool operator==(const IssueSums&) const = default;
};

/// The day of an issue that comes to each reader at an hour of their own clock.
struct LocalDay {
  std::chrono::local_days day;
  Instant slot;  // of its lists, that it takes: where clocks are theirs
};

struct Issue {
  IssueId id;
  std::uint64_t uid = 0;  // random: what readers' links carry
  std::string slug;
  std::string title;
  IssueState state = IssueState::draft;
  std::string path;                // the draft's, below the drafts folder
  std::string source_hash;         // of the draft as last read
  std::vector<std::string> lists;  // keys; the first a reader is on names the mail
  std::string segment;             // which of their readers, as written; empty: all
  bool ready = false;              // the draft says status: ready
  bool missing = false;            // the draft's file is gone
  std::string note;                // why it is held or rejected, or why a draft waits
  std::string held_by;             // the guards that hold it, with blanks between
  std::string released;            // a source_hash, and the guards that an operator let go with it
  std::optional<Instant> chosen_at;  // an operator's time: outweighs the draft's
  std::optional<Instant> scheduled_at;
  std::optional<Instant> started_at;
  std::optional<Instant> finished_at;
  std::optional<Instant> undo_until;  // nothing leaves before
  // By each reader's own clock; nothing: the draft says no such hour. Its day; nothing: it has none
  // (yet), or all get it at one moment, since an operator said so.
  std::optional<std::chrono::seconds> local_time;
  std::optional<std::chrono::local_days> local_day;
  IssueSums sums;
  std::map<std::string, std::int64_t> excluded;  // reason → readers
  int version = 1;       // the newest of its content; one more with each amendment
  std::string corrects;  // the slug of the issue that it is an erratum of; empty: it is none

  /// Until when cancelling it leaves no trace with its readers; nothing: that is over, or it has
  /// not started.
  std::optional<Instant> can_be_undone_until(Instant now) const;

  /// What readers' clocks show when they are due; scheduled_at is when the first ones do. Nothing:
  /// all are due at once.
  std::optional<LocalTime> local_at() const;
  /// What is planned of its time, whatever zones its readers have: local_at, as clocks of UTC show
  /// it, or scheduled_at.
  std::optional<Instant> planned_at() const;

  /// An operator has let it go, as its draft is now, though that guard held it.
  bool is_released(std::string_view guard) const;
};

}  // namespace postrider::queue
