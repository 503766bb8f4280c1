// What a reader is and chooses, as the preference centre and its confirmations see it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/token.h"
#include "mail/address.h"

namespace postrider::daemon::http {

/// Called on the io_context's thread; must not block on a disk that is slow to write: what writes
/// answers later.
class Profiles {
 public:
  virtual ~Profiles() = default;

  /// Called once. True: it is on disk; false: it could not be written now.
  using Done = std::function<void(bool)>;

  struct List {
    std::string key;
    std::string name;  // for readers
    bool on = false;
  };

  struct Profile {
    std::string email;
    std::string name;
    std::string language;   // BCP 47; empty: unknown
    std::string time_zone;  // empty: unknown
    std::optional<Instant> paused_until;
    std::string home_zone;    // where the reader's time zone is unknown
    std::vector<List> lists;  // those that anybody may join, or that the reader is on
  };

  struct Choices {
    std::string name;
    std::string language;
    std::string time_zone;
    std::optional<Instant> paused_until;
    std::set<std::string> joins, leaves;  // keys of lists
    std::string from;                     // the address it came from; empty: unknown
    std::uint64_t issue = 0;  // whose mail's link it was: random id; 0, or a notice's: of none
  };

  virtual Instant now() = 0;
  /// Nothing: no such reader.
  virtual std::optional<Profile> find(const Uid& reader) = 0;
  virtual void choose(const Uid& reader, const Choices& choices, Done done) = 0;
  /// Everything that is kept about the reader, as JSON.
  virtual std::string data_of(const Uid& reader) = 0;

  /// Asks at the new address whether it is the reader's; where it is not to be had, does nothing
  /// and says nothing.
  virtual void ask_at(const Uid& reader, const mail::Address& address, Done done) = 0;
  /// The address that a token of that mail is about; nothing: the token's time is over, or the
  /// address is not to be had.
  virtual std::optional<std::string> asked_address(const TokenClaims& claims) = 0;
  virtual void take_address(const TokenClaims& claims, Done done) = 0;

  /// Asks by mail whether everything is to be erased.
  virtual void ask_to_erase(const Uid& reader, Done done) = 0;
  /// Whether a token of that mail is good still.
  virtual bool asked_to_erase(const TokenClaims& claims) = 0;
  virtual void erase(const Uid& reader, Done done) = 0;

  /// Empty: all is well; else why nothing can be written, in one line.
  virtual std::string trouble() = 0;
};

}  // namespace postrider::daemon::http
