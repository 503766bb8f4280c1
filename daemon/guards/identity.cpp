#include "daemon/guards/identity.h"

#include <algorithm>

#include "base/text.h"
#include "daemon/guards/counter.h"
#include "daemon/guards/place.h"

namespace postrider::daemon::guards {

namespace {

std::string machine(const std::string& id) {
  return id.empty() ? "a machine without an id" : "the machine " + printable(id.substr(0, 8)) + "…";
}

bool is_another_file(const store::Place& one, const store::Place& other) {
  // An inode's number is given again; when a file was made is not told by each file system.
  const bool born_apart = one.born != 0 && other.born != 0 && one.born != other.born;
  return one.inode != other.inode || born_apart;
}

}  // namespace

std::optional<std::string> unclaimed(const IdentityFacts& facts) {
  if (!facts.known) return {};
  const auto& [place, generation, claimed_at, moved_at, restored] = *facts.known;
  const auto& here = facts.here;
  if (restored) return "was restored from a backup";
  if (place.machine != here.machine)
    return "was claimed on " + machine(place.machine) + ", and this is " + machine(here.machine);
  if (place.path != here.path)
    return "was claimed as " + printable(place.path) + ", and is " + printable(here.path) + " now";
  if (is_another_file(place, here))
    return "is not the file that was claimed: it is a copy, or was put back";
  if (!facts.outside)
    return "was claimed, but the file that keeps its count, " + printable(here.path) +
           ".claim, is missing";
  if (is_behind(facts))
    return "is older than what was sent: its count is " + with_thousands(generation) + ", and " +
           printable(here.path) + ".claim says " + with_thousands(*facts.outside);
  return {};
}

bool is_behind(const IdentityFacts& facts) {
  return facts.known && facts.outside && facts.known->generation < *facts.outside;
}

IdentityFacts look_at_identity(store::Database& database) {
  // First the count outside: what the database says after it is never behind.
  const auto outside = Counter(database.file()).read();
  return {store::identity(database), place_of(database.file()), outside};
}

namespace {

/// A file that is there keeps its count, which is never to be ahead.
Result<void> begin_count(const Counter& counter) {
  if (counter.read()) return {};
  return counter.write(0);
}

}  // namespace

Result<void> claim_if_new(store::Database& database, Instant now) {
  if (store::identity(database)) return {};
  const Counter counter(database.file());
  // Before the database is anybody's: one that is must never lack it.
  if (auto begun = begin_count(counter); !begun) return begun;
  // It may be left of a database that is lost.
  store::claim_new(database, place_of(database.file()), counter.read().value_or(0), now);
  return {};
}

Result<void> claim(store::Database& database, const std::string& why, Instant now) {
  const Counter counter(database.file());
  if (auto begun = begin_count(counter); !begun) return begun;
  const auto facts = look_at_identity(database);
  const auto generation = std::max(facts.known->generation, facts.outside.value_or(0)) + 1;
  store::claim(database, facts.here, generation, facts.here.path + ", which " + why, "operator",
               now);
  return counter.write(generation);
}

}  // namespace postrider::daemon::guards
