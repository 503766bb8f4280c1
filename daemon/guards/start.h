// The guards that are asked when an issue could start, all of them, in one answer: so that it is
// held once for all that there is to say.
#pragma once

#include <optional>
#include <string>

#include "config/settings.h"
#include "store/ledger.h"
#include "store/precedents.h"

namespace postrider::daemon::guards {

/// What is to be frozen, beside what the ledger knows of it, and what the settings say.
struct Candidate {
  std::string segment;  // spelled out; empty: all readers
  templates::Likeness likeness;
  Faults leftovers;
  config::Publication publication;
  config::Guards settings;
};

/// `issue`: with the sums that it would have. Those that an operator has let go are not asked.
std::optional<store::Hold> ask_all(const queue::Issue& issue, const Candidate& candidate,
                                   store::Precedents precedents);

}  // namespace postrider::daemon::guards
