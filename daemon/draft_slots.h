// Which slots come, and who is to have them, as far as can be known without the daemon: for
// commands.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "daemon/calendar.h"
#include "daemon/proof.h"
#include "store/sqlite.h"

namespace postrider::daemon {

/// What is wrong with drafts without send_at whose lists have different slots: an error.
/// `database`: nothing where there is none yet.
Faults check_send_at(const std::vector<Proof>& proofs, const config::Settings& settings,
                     store::Database* database);

/// A draft that would have a slot, were it ready now.
struct ExpectedSlot {
  std::string file;
  std::string list;
  std::string time;  // "Mon 2026-12-07 08:00 EST"
};

/// Of those drafts, together with all that wait: who goes by slots. Nothing of those whose issue
/// somebody else decides on, or where no daemon has looked at the drafts yet.
std::vector<ExpectedSlot> expected_slots(const std::vector<Proof>& proofs,
                                         const config::Settings& settings,
                                         store::Database* database, Instant now);

/// A slot to come.
struct PlannedSlot {
  Occurrence occurrence;
  std::string issue;  // slug; empty: none
  queue::IssueState state = queue::IssueState::scheduled;
  std::optional<std::chrono::seconds> local_time = {};  // it comes by each reader's clock
};

/// A list's next ones, so many of them that are not skipped, and those that are.
std::vector<PlannedSlot> planned_slots(const config::List& list, const config::Settings& settings,
                                       store::Database* database, Instant now, int count);

}  // namespace postrider::daemon
