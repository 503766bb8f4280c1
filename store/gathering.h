// The audience of an issue that is about to start, gathered some thousand readers a transaction, so
// that no other writer waits for a million. What is gathered is invisible: its deliveries are those
// of an issue that is not being sent. It is exact all the same: triggers (schema, "freezes") note
// each placed reader who joins, leaves, is confirmed, suppressed or paused meanwhile, or of whom
// changes what a segment may ask for, in whatever process, and they are placed anew before the last
// step, as are those whose pause ends. It
// outlives the daemon and is then gone on with.
//
// Belongs to the thread of its Database; each call is made inside a transaction. It runs in the
// daemon on a thread of its own: store/gatherer.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "queue/issue.h"
#include "store/audience.h"
#include "store/issue_zones.h"
#include "store/segment_sql.h"
#include "store/sqlite.h"

namespace postrider::store {

/// A domain with so many subscribers has a pacing group of its own.
constexpr std::int64_t readers_of_a_group = 100;

class Gathering {
 public:
  Gathering(Database& database, const queue::Issue& issue, const AudienceOrder& order);

  /// Begins, or goes on. What was gathered for other lists, another segment or other due times is
  /// thrown away first.
  /// True: complete, as of now.
  /// `most`: readers, or domains.
  bool step(std::int64_t most, Instant now);

  /// Sums and excluded readers as `finish` would make them.
  void tell(queue::Issue& issue);

  /// A complete one becomes the issue's: its sums and excluded readers.
  void finish();

  /// A step of throwing it away; `step` begins anew then. True: there is nothing of it left.
  bool discard();

 private:
  struct Reader {
    std::int64_t id;
    std::int64_t standing;  // see the schema; -5: not in the segment; 0: on none of its lists
    std::int64_t pacing_group;
  };
  struct Touched {
    std::int64_t subscriber, was;
    bool in_segment;
  };

  struct Progress {
    std::int64_t domains_to = 0;
    std::int64_t readers_to = 0;
    std::string condition = {};
    std::string local_hour = {};
  };
  std::optional<Progress> progress();
  bool is_for_another(const Progress& progress, Instant now);
  void begin(Instant now);
  bool look_at_domains(std::int64_t from, std::int64_t most);
  bool note_ended_pauses(std::int64_t most, Instant now);
  Statement prepare(const std::string& sql);
  std::vector<Touched> touched(std::int64_t most);
  std::int64_t place_touched(std::int64_t most, Instant due);
  bool place_readers(std::int64_t from, std::int64_t most, Instant due);
  std::int64_t place_confirmed(std::int64_t list, std::int64_t from, std::int64_t to, Instant due);
  Reader look_up(const Touched& touched);
  std::int64_t count_excluded(std::int64_t from, std::int64_t to);
  void place(const Reader& reader, Instant due);
  void count(std::int64_t standing, std::int64_t readers);
  void write_counts();

  struct Counts {
    std::int64_t audience = 0;
    std::int64_t suppressed = 0;
    std::int64_t unsubscribed = 0;
    std::int64_t unconfirmed = 0;
    std::int64_t paused = 0;
    std::int64_t segment = 0;
    bool operator==(const Counts&) const = default;
  };

  Database& database_;
  const queue::Issue& issue_;
  const AudienceOrder& order_;
  const std::optional<Condition> condition_;  // of the segment, on a row `s`
  std::optional<IssueZones> zones_;           // by local time
  Counts counts_;                             // differences of this step
};

}  // namespace postrider::store
