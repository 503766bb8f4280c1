// What a ledger needs now and then: a look whether it is whole, old issues folded, unused pages
// given back, the log emptied. All in steps that a running daemon hardly waits for; it may end
// between any two of them. Belongs to the thread of its Database, which is nobody else's.
//
// There is no ANALYZE: tests/house/plan_test.py knows the plans that SQLite makes without figures.
// With those of a small list it walks through tables that have grown since, and with those of large
// tables alone it builds filters over all deliveries for one reader's departure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/folding.h"
#include "store/integrity.h"
#include "store/sqlite.h"

namespace postrider::store {

struct MaintenanceOrder {
  Duration fold_after{};   // an issue's end; zero: none is folded
  bool only_look = false;  // nothing is changed
};

struct Maintenance {
  std::int64_t tables = 0;  // looked at
  std::vector<TableFault> faults;
  std::vector<std::string> unchecked;  // so much was written meanwhile that they were left
  std::int64_t issues = 0;             // folded; to be folded, where it only looks
  FoldedRows folded;
  std::int64_t freed = 0;  // octets given back; that could be, where it only looks
  bool log_emptied = false;
  bool interrupted = false;
};

/// Told often how far it is: "checking", 3, 40. False: it ends after the step under way.
using MaintenanceProgress =
    std::function<bool(std::string_view doing, std::int64_t part, std::int64_t whole)>;

/// Where it finds faults it changes nothing. Throws as Database does.
Maintenance maintain(Database& database, const MaintenanceOrder& order, const Clock& clock,
                     const MaintenanceProgress& progress);

/// Its event, and what the operator is told of faults; in a transaction. Not of one that was
/// interrupted.
void note_maintenance(Database& database, const Maintenance& done, std::string_view actor,
                      Instant now);
/// When one came to its end; nothing: none did.
std::optional<Instant> maintained_at(Database& database);
/// From when on a week is counted: the same, or since the database was first asked; nothing: it was
/// not.
std::optional<Instant> maintenance_counts_from(Database& database);
void count_maintenance_from(Database& database, Instant now);

/// "42 tables whole, 3 issues folded: 1,204 attempts and 52 events gone, 12 MB given back"
std::string in_words(const Maintenance& done);
/// "table 'attempts': row 7 missing from index x (and 3 more)"
std::string in_words(const TableFault& fault);
/// What to do about faults.
inline constexpr std::string_view mend_damage =
    "stop the daemon, and restore a backup: docs/when-something-goes-wrong.md";

}  // namespace postrider::store
