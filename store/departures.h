// The way out by a reader's own hand, and the way back: who left by which issue, and for some time
// what was before. Belongs to the thread of its Database.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "store/sqlite.h"
#include "subscribers/subscriber.h"
#include "subscribers/way_back.h"

namespace postrider::store {

/// A reader and a list, by the random ids that tokens carry.
struct Membership {
  SubscriberId subscriber;
  ListId list;
  std::string list_key;
  std::string language;                                 // the reader's; empty: unknown
  std::optional<subscribers::SubscriptionState> state;  // nothing: was never on the list
  std::optional<Instant> left_at;  // by their own hand, of a confirmed one, and nothing since
  int left_together = 0;           // lists left at that moment
  int other_lists = 0;             // that the reader has not left
};

struct Departure {
  Uid reader{};
  std::uint64_t list = 0;   // random id; 0: all lists
  std::uint64_t issue = 0;  // whose mail's link it was: random id; 0: of none
  std::string reason = {};  // in the reader's words; empty: none
  std::string_view way = "unsubscribe link";
};

struct Returning {
  std::string language;  // the reader's; empty: unknown
  subscribers::WayBack way = subscribers::WayBack::closed;
};

class Departures {
 public:
  explicit Departures(Database& database) : database_(database) {}

  /// Nothing: no such reader or list. One light query.
  std::optional<Membership> find(const Uid& reader, std::uint64_t list);

  /// What was not sent yet is cancelled; leaving again changes nothing.
  void leave(const Departure& departure, Instant now);

  /// `taken`: the reader is on that list, or (0) on any. Nothing: no such reader.
  std::optional<Returning> find_return(const Uid& reader, std::uint64_t list,
                                       std::chrono::sys_seconds left_at);

  /// Takes leaving back, of one list or (0) of all that were left together: exactly what was, where
  /// the reader left in that second, nothing has happened since, and the address was not
  /// suppressed. What was cancelled stays so.
  void come_back(const Uid& reader, std::uint64_t list, std::chrono::sys_seconds left_at,
                 Instant now);

 private:
  Database& database_;
};

}  // namespace postrider::store
