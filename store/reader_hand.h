// What readers change of themselves: their person, lists and pauses, their address. Each is one
// transaction with its events, whose actor is "reader". Belongs to the thread of its Database.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "mail/address.h"
#include "store/sqlite.h"
#include "store/subscriber_writer.h"
#include "subscribers/subscriber.h"

namespace postrider::store {

/// How long a link in a mail that asks for a confirmation works.
constexpr auto confirmation_open = std::chrono::hours(48);

/// How the event `subscriber.address_changed` tells the address before.
inline constexpr std::string_view address_was = "was ";

struct OwnProfile {
  SubscriberId id;
  std::string email;
  std::string name;
  std::string language;
  std::string time_zone;
  std::optional<Instant> paused_until;  // may be over
  std::set<std::string> lists;          // keys of those confirmed
  std::set<std::string> pending;        // and of those asked for and not confirmed yet
};

/// What a reader wants. Of lists only what is to change: the page may be older than what is.
struct OwnChoices {
  std::string name;
  std::string language;
  std::string time_zone;
  std::optional<Instant> paused_until;
  std::set<std::string> open;    // keys of the lists that anybody may join
  std::set<std::string> joins;   // keys: one of these, or where the reader is pending
  std::set<std::string> leaves;  // keys
  std::string evidence;          // JSON: where from; kept for lists that are joined
  std::uint64_t issue = 0;       // as of Departure: kept for lists that are left
};

class ReaderHand {
 public:
  /// `keys`: of erased addresses: one that becomes a reader's own is forgotten there.
  explicit ReaderHand(Database& database, ErasedKeys keys = {})
      : database_(database), keys_(std::move(keys)) {}

  std::optional<OwnProfile> profile(const Uid& reader);

  /// Lists that are joined are confirmed: the way here led through the reader's own mailbox.
  void choose(const Uid& reader, const OwnChoices& choices, Instant now);

  /// A mail to the new address asks whether it is theirs. Nothing is sent, and nobody is told so,
  /// where that is another reader's, suppressed, or was asked some times today.
  void ask_at(const Uid& reader, const mail::Address& address, Instant now);

  /// The address that the notice of that random id asked this reader at; nothing: it is too old, or
  /// the address is somebody else's by now.
  std::optional<std::string> asked_address(const Uid& reader, std::uint64_t notice, Instant now);

  /// By the notice of that random id: the reader has the address that it went to, and the old one
  /// is told. Nothing changes where `asked_address` says so.
  void take_address(const Uid& reader, std::uint64_t notice, Instant now);

  /// A mail asks whether all is to be erased; three a day at most.
  void ask_to_erase(const Uid& reader, Instant now);

  /// Whether the notice of that random id asked this reader, not too long ago.
  bool was_asked_to_erase(const Uid& reader, std::uint64_t notice, Instant now);

 private:
  Database& database_;
  const ErasedKeys keys_;
};

}  // namespace postrider::store
