// Sign-ups: what a stranger types, and what may come of it. Rules only, no storage and no
// transport. Whoever signs up is not known to own the address; only what the address confirms
// counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "subscribers/subscriber.h"

namespace postrider::subscribers {

struct SignUp {
  mail::Address address;
  std::string name;                // as of clean_name; may be empty
  std::vector<std::string> lists;  // keys; not empty
  std::string language;            // the page's: a BCP 47 tag
  Consent consent;                 // opted_in_at, opted_in_from, how (the text agreed to), where
};

enum class SignUpAnswer {
  taken,    // whatever comes of it: the answer tells nothing of the address
  limited,  // too many from that network
};

/// What a confirmation's token leads to.
struct Confirmation {
  enum class State { open, done, gone };  // gone: expired, or not confirmed any more
  State state = State::gone;
  std::vector<std::string> lists;  // keys of lists; of `gone`: none
  std::string language;            // the reader's; may be empty
};

/// Mail programs make a link of it, or it may be meant as one: "win at http://evil.example".
bool reads_as_link(std::string_view name);

/// Why an operator is to look at it first: "role address" (RFC 2142: abuse@, info@), "trap"; empty:
/// there is no reason.
std::string_view suspicion(const mail::Address& address);

/// What a sign-up means for one list.
enum class Wish {
  ask,      // by a mail, and nothing changes before its answer
  join,     // at once: the list asks nobody
  already,  // is confirmed there: tell them
};

/// `state`: on that list; `suppressed`: for any reason. Who left or is suppressed comes back by
/// confirming it themselves, whatever the list asks of others.
Wish wish_of(std::optional<SubscriptionState> state, bool suppressed, bool double_opt_in);

}  // namespace postrider::subscribers
