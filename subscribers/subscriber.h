// Who reads: subscribers, their subscriptions, and the addresses not to be mailed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"

namespace postrider::subscribers {

/// The numbers are stored.
enum class SubscriptionState : std::uint8_t { pending = 0, confirmed = 1, unsubscribed = 2 };

std::string_view to_string(SubscriptionState state);

struct Subscription {
  std::string list;  // key
  SubscriptionState state = SubscriptionState::pending;
  Instant since;
  std::string evidence;  // how it came about: "operator", "import of list.csv"
};

struct Subscriber {
  SubscriberId id;
  Uid uid{};
  std::string email;       // as written, its domain in ASCII
  std::string name;        // may be empty
  std::string attributes;  // a JSON object
  Instant created_at;
  std::vector<Subscription> subscriptions;
  std::optional<std::string> suppressed;  // why
};

/// What an operator or an import says about one reader.
struct Entry {
  std::string email;                                            // as written; not validated yet
  std::optional<std::string> name;                              // nothing: leave as it is
  std::vector<std::pair<std::string, std::string>> attributes;  // key → JSON value
  int nameless = 0;  // values in columns without a name: nothing is done with them
};

/// What adding an entry did.
enum class Added : std::uint8_t {
  added,
  updated,
  unchanged,
  skipped_unsubscribed,  // left this list: not brought back
  skipped_suppressed,
};

}  // namespace postrider::subscribers
