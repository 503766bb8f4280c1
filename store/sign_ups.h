// Sign-ups in SQLite: what readers have asked for by themselves, until they confirm it by the link
// in a mail, an operator drops it, or it expires. Belongs to the thread of its Database; each
// change is one transaction.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rate.h"
#include "base/token.h"
#include "store/sqlite.h"
#include "store/subscriber_writer.h"
#include "subscribers/sign_up.h"

namespace postrider::store {

/// What the settings say of sign-ups.
struct SignUpTerms {
  std::set<std::string> asks_nobody;  // keys of lists without double opt-in
  std::set<std::string> welcomes;     // of lists with a welcome mail
  Rate per_network{60, std::chrono::hours(1)};
  Rate per_list{500, std::chrono::hours(1)};
  Duration ask_again = std::chrono::hours(24);
  bool hold_role_addresses = true;
};

struct HeldSignUp {
  std::string email;
  std::vector<std::string> lists;  // keys
  std::string reason;              // "role address", "trap", "stopped"
  Instant at;
};

/// Of a reader who has not confirmed it yet.
struct OpenSignUp {
  std::string list;            // key
  Instant at;                  // when they were or will be asked
  std::string name, language;  // as typed
  std::string consent;         // a JSON object; empty: nothing
  std::string held;            // why an operator is asked first; empty: nobody is
};

class SignUps {
 public:
  /// `keys`: of erased addresses, which a confirmation forgets; without, none is.
  explicit SignUps(Database& database, ErasedKeys keys = {})
      : database_(database), keys_(std::move(keys)) {}

  /// `network`: "192.0.2.0/24"; empty: nobody knows.
  subscribers::SignUpAnswer sign_up(const subscribers::SignUp& sign_up, std::string_view network,
                                    const SignUpTerms& terms, Instant now);

  /// Changes nothing.
  subscribers::Confirmation look(const TokenClaims& claims);
  /// The lists that the mail named and that are open still; `open`: there were some, and the reader
  /// is on them now. `from`: the IP address; may be empty.
  subscribers::Confirmation confirm(const TokenClaims& claims, std::string_view from,
                                    const SignUpTerms& terms, Instant now);

  /// Forgets what was asked for by `before`, some hundred at a time, with its evidence; subscribers
  /// too, where nothing else hangs on them; and rates that are as good as new. True: there is more.
  bool forget_expired(Instant before, Instant now);

  /// In the order of their lists' keys.
  std::vector<OpenSignUp> of(SubscriberId subscriber);

  // What operators do. Errors say that there is nothing to do it to.
  std::vector<HeldSignUp> held();
  std::int64_t count_held();
  /// Asks the reader now.
  Result<void> admit(const mail::Address& address, Instant now);
  Result<void> drop(const mail::Address& address, Instant now);
  /// After the breaker's stop: those that it held are asked now. The number of them.
  Result<std::int64_t> resume(std::string_view list, Instant now);

 private:
  class Taking;
  subscribers::Confirmation look(const TokenClaims& claims, std::int64_t& subscriber);
  void confirm(std::int64_t subscriber, std::string_view list, std::string_view from,
               const SignUpTerms& terms, Instant now);
  void ask_held(std::int64_t subscriber, std::string_view reason, Instant now);
  void forget(std::int64_t subscriber, std::int64_t list, Instant now);
  void forget_evidence(std::int64_t subscriber, std::int64_t evidence);
  void forget_subscriber(std::int64_t subscriber);

  Database& database_;
  const ErasedKeys keys_;
};

/// Asks one whose subscription is pending, by an operator's or import's word: in the same
/// transaction. `due`: when; such questions go behind those that somebody waits for.
void ask_pending(Database& database, std::int64_t subscriber, const ListRow& list,
                 std::int64_t evidence, Instant now, Instant due, bool may_wait);

/// When the last question to an import's reader that still waits is due; nothing: none waits.
std::optional<Instant> last_question_that_waits(Database& database);

}  // namespace postrider::store
