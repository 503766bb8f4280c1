// Removing a person everywhere: who, what they agreed to, what was said of them. Deliveries keep
// counts, not names: their rows and numbers stay, and nothing leads from them to anybody; no row id
// is ever given again. What is left of the address is a keyed hash (store/erased.h).
//
// Each is one transaction, or part of one, on the thread of its Database: of a reader with
// thousands of deliveries some milliseconds, where somebody has looked ahead. What was deleted is
// overwritten, but copies stay in the log, and may in the file: store/traces.h removes them.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fingerprints.h"
#include "base/ids.h"
#include "mail/address.h"
#include "store/kept_mentions.h"
#include "store/sqlite.h"

namespace postrider::store {

/// What stands in place of a server's words about an erased reader.
constexpr std::string_view erased_text = "(erased)";

/// What erasing an address has found.
struct Erasure {
  bool subscriber = false;  // it was one
  bool known = false;       // it was erased before
};

/// The kept reports that name the address, or one that its owner had before: what takes long, and
/// needs no transaction. What comes later, or after it was stopped, the erasure itself looks at.
KeptMentions look_ahead(Database& database, const mail::Address& address,
                        const std::stop_token& stop = {});

/// `keys`: of erased_use. What was not sent yet is cancelled.
Erasure erase(Database& database, const Fingerprints& keys, const mail::Address& address,
              const std::string& actor, Instant now, KeptMentions kept = {});

/// False: there is no such subscriber (any more).
bool erase(Database& database, const Fingerprints& keys, SubscriberId subscriber,
           const std::string& actor, Instant now, const KeptMentions& kept = {});

}  // namespace postrider::store
