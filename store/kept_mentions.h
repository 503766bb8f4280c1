// Reports that are kept in full and name an address, in whatever encoding. Each has to be read for
// that, so they are looked for ahead of the transaction that makes them forget it.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "store/sqlite.h"

namespace postrider::store {

struct KeptMentions {
  std::vector<std::string> emails = {};  // in lower case
  std::int64_t looked_to = 0;            // reports up to that one
  std::vector<std::int64_t> reports = {};
};

/// Looks at those behind `found.looked_to`, each in a look of its own, until it is stopped.
void find_kept_mentions(Database& database, KeptMentions& found, const std::stop_token& stop = {});

/// The messages, what they say, and what was made of them. Inside a transaction.
void forget_kept_mentions(Database& database, const KeptMentions& found);

}  // namespace postrider::store
