// Which database this is: the place that it was claimed for, and a count of how far it has come, so
// that a copy and a restored one can be told from the one that sends (daemon/guards/identity.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "store/ledger.h"
#include "store/sqlite.h"

namespace postrider::store {

/// Where a database's file is. Not its device: that has another number after a restart of the
/// machine, with some file systems.
struct Place {
  std::string machine;  // /etc/machine-id; empty: there is none
  std::string path;     // absolute, without links
  std::int64_t inode = 0;
  std::int64_t born = 0;  // when the file was made, in ns since 1970; 0: not known
};

struct Identity {
  Place place;
  std::int64_t generation = 0;
  Instant claimed_at;
  Instant moved_at;       // when the generation grew last
  bool restored = false;  // from a backup, and not claimed since
};

/// Nothing: the database is brand-new.
std::optional<Identity> identity(Database& database);

/// A brand-new one is for that place from now on; another one stays what it is.
void claim_new(Database& database, const Place& place, std::int64_t generation, Instant now);

/// It is for that place from now on, with an event.
void claim(Database& database, const Place& place, std::int64_t generation, std::string_view detail,
           const Actor& actor, Instant now);

/// One more; in the transaction of what is sent. Nothing: nobody has claimed the database.
std::optional<std::int64_t> grow(Database& database, Instant now);

/// When the newest entry was made: an event, or a mail that went on its way (within a second).
/// Nothing: there is none.
std::optional<Instant> last_entry(Database& database);

/// It is for no place until it is claimed again, and looks at its drafts as `forget_drafts` says.
void mark_restored(Database& database);

/// The database is older than what was sent: its next scan of the drafts is a first one, by which
/// those that it did not know as ready are held (they may have been sent since). Once, whatever is
/// called again before somebody claims it.
void forget_drafts(Database& database);
/// Whether a first scan to come is one of those.
bool forgot_drafts(Database& database);

}  // namespace postrider::store
