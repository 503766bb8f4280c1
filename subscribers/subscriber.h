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
  std::string consent;   // what the source of an import knew of it: a JSON object; empty: nothing
};

struct Subscriber {
  SubscriberId id;
  Uid uid{};
  std::string email;       // as written, its domain in ASCII
  std::string name;        // may be empty
  std::string attributes;  // a JSON object
  std::string language;    // a BCP 47 tag; empty: unknown
  std::string time_zone;   // of the tz database; empty: unknown
  Instant created_at;
  std::vector<Subscription> subscriptions;
  std::optional<std::string> suppressed;  // why
};

/// What a reader was to the source that an entry is from.
enum class Standing : std::uint8_t { confirmed, pending, unsubscribed, bounced, complained };

std::string_view to_string(Standing standing);

/// What the source knows of how a reader came to it.
struct Consent {
  std::optional<Instant> asked_at;      // opted in
  std::string asked_from;               // an IP address
  std::optional<Instant> confirmed_at;  // the second time
  std::string confirmed_from;
  std::string source;  // where: a form, a page
  bool operator==(const Consent&) const = default;
};

/// What an operator or an import says about one reader.
struct Entry {
  std::string email{};                                            // as written; not validated yet
  std::optional<std::string> name{};                              // nothing: leave as it is
  std::vector<std::pair<std::string, std::string>> attributes{};  // key → JSON value
  int nameless = 0;  // values in columns without a name: nothing is done with them
  std::optional<std::string> language = {};
  std::optional<std::string> time_zone = {};
  Standing standing = Standing::confirmed;
  std::optional<Instant> since = {};  // when it joined or left
  Consent consent = {};
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
