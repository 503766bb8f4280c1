// Who reads: subscribers, their subscriptions, and the addresses not to be mailed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fingerprints.h"
#include "base/ids.h"
#include "base/random.h"
#include "subscribers/suppression.h"

namespace postrider::subscribers {

/// The numbers are stored.
enum class SubscriptionState : std::uint8_t { pending = 0, confirmed = 1, unsubscribed = 2 };

std::string_view to_string(SubscriptionState state);
std::optional<SubscriptionState> parse_subscription_state(std::string_view text);

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
  std::optional<SuppressionReason> suppressed;  // why
  std::optional<Instant> paused_until;          // no issue that starts before then
  std::optional<Instant> left_all_at;           // wanted no mails of any list any more
};

/// How a reader stands at the place a list comes from. The later, the graver: where several columns
/// speak, the gravest counts.
enum class Standing : std::uint8_t { confirmed, pending, unsubscribed, bounced, complained };

std::string_view to_string(Standing standing);

/// What the source of a list has kept of a reader's consent; what it does not know is empty.
struct Consent {
  std::optional<Instant> opted_in_at;
  std::string opted_in_from;  // IP address, as written
  std::optional<Instant> confirmed_at;
  std::string confirmed_from;  // IP address, as written
  std::string how;             // "form", the text agreed to; several, with "; " between
  std::string where;           // a page

  bool empty() const;
  bool operator==(const Consent&) const = default;
};

/// What an operator or an import says about one reader. What it says nothing about stays as it is.
struct Entry {
  std::string email;  // as written; not validated yet
  std::optional<std::string> name = {};
  std::vector<std::pair<std::string, std::string>> attributes = {};  // key → JSON value
  int nameless = 0;  // values in columns without a name: nothing is done with them
  std::optional<Standing> standing = {};
  std::optional<Instant> since = {};          // joined then; or left, where the standing says so
  std::optional<std::string> language = {};   // BCP 47: "de", "pt-BR"
  std::optional<std::string> time_zone = {};  // a zone that the system knows
  Consent consent = {};
  std::optional<SuppressionReason> suppressed = {};  // beside the standing
  bool is_reader = true;  // false: not of the list; only what is suppressed or erased is told
  std::optional<Fingerprint> erased = {};  // of an address that is not told
  std::string file = {};                   // in an archive: where its row is
};

/// What adding an entry did.
enum class Added : std::uint8_t {
  added,
  updated,
  unchanged,
  skipped_unsubscribed,  // left this list: not brought back
  skipped_suppressed,
  skipped_erased,
};

}  // namespace postrider::subscribers
