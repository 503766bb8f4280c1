// The guards that are asked when an issue could start, all of them, in one answer: so that it is
// held once for all that there is to say.
#pragma once

#include <optional>
#include <string>

#include "config/settings.h"
#include "store/approvals.h"
#include "store/ledger.h"
#include "store/precedents.h"

namespace postrider::daemon::guards {

/// What is to be frozen, beside what the ledger knows of it, and what the settings say.
struct Candidate {
  std::string segment;  // spelled out; empty: all readers
  templates::Likeness likeness;
  Faults leftovers;
  store::Covered covered;  // without its time
  config::Publication publication;
  config::Guards settings;
};

/// `issue`: with the sums that it would have. Those that an operator has let go are not asked, but
/// for the one that wants an approval. `approval`: the last one of the issue.
std::optional<store::Hold> ask_all(const queue::Issue& issue, const Candidate& candidate,
                                   store::Precedents precedents,
                                   const std::optional<store::Approval>& approval);

}  // namespace postrider::daemon::guards
