// What adding an entry does: rules only, no storage and no clock. An operator or an import vouches
// for a reader; whoever left or is suppressed is never brought back by that.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "mail/address.h"
#include "subscribers/subscriber.h"

namespace postrider::subscribers {

constexpr std::size_t longest_name = 200;  // octets, of a reader

/// Why an entry cannot be added at all.
struct Unfit {
  std::string reason;  // a key of an import's `skipped`: "invalid address", "needs SMTPUTF8"
  std::string detail;  // what is wrong with it, for people
};

/// The entry's address where mail can be sent to it, and where its name is one.
tl::expected<mail::Address, Unfit> admit(const Entry& entry);

/// What is kept of a person, beside the address.
struct Person {
  std::string name{};
  std::string attributes = "{}";  // a JSON object
  std::string language{};
  std::string time_zone{};
  bool operator==(const Person&) const = default;
};

/// What the store knows of an address and one list; as it stands here: nothing.
struct Known {
  Person person{};
  std::optional<SubscriptionState> subscription{};  // on that list
  Instant since{};                                  // of that subscription
  bool since_import = false;                        // that tells only when an import was made
  bool left_all = false;                            // wants no mails of any list
  bool suppressed = false;
  bool erased = false;
};

/// What to write. Where `result` is one of the skipped ones, nothing.
struct Decision {
  Added result = Added::unchanged;
  std::optional<SubscriptionState> becomes{};      // the subscription, by the entry's evidence
  Instant since{};                                 // from when on it is that
  std::optional<SuppressionReason> suppression{};  // the reason of a new one
  bool rewrites = false;                           // the person differs from the known one
  Person person{};
};

/// `added`: new on the list; `updated`: has another state or other values now. Values that the
/// entry does not name stay as they are. Who left, bounced or complained at the entry's source has
/// done so here too, but for one who joined here more than a day later than that: some sources tell
/// the day alone, in whatever zone. That an import was made later says nothing. Who is suppressed
/// there is so here, which confirms nobody who is on the list already; who is no reader there joins
/// nothing.
Decision decide(const Known& known, const Entry& entry, Instant now);

/// Whether the reader has left that list here, or all of them, and is not on it again.
bool has_left(const Known& known);

/// Whether the reader has left at the entry's source; whoever complained has.
bool has_left(const Entry& entry);

/// Why the entry says to mail that address nothing any more; nothing: it does not.
std::optional<SuppressionReason> suppression_of(const Entry& entry);

/// Of several entries of one address the one that weighs most counts, the first of equals: who
/// complained, then who left, then who bounced, then any other.
int weight_of(const Entry& entry);

/// "unsubscribed", "suppressed": the reason of a skipped one in an import's `skipped`; empty where
/// it is none.
std::string_view skip_reason(Added result);

/// "name Ann → Anna; city \"Bonn\" → \"Köln\"; language de": what differs, for people; empty:
/// nothing.
std::string told_change(const Person& was, const Person& is);

/// A name as it is kept: one line without control characters and outer spaces, not too long.
std::string clean_name(std::string_view name);

}  // namespace postrider::subscribers
