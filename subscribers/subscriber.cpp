#include "subscribers/subscriber.h"

namespace postrider::subscribers {

std::string_view to_string(SubscriptionState state) {
  switch (state) {
    case SubscriptionState::pending:
      return "pending";
    case SubscriptionState::confirmed:
      return "confirmed";
    case SubscriptionState::unsubscribed:
      return "unsubscribed";
  }
  return "unknown";
}

std::optional<SubscriptionState> parse_subscription_state(std::string_view text) {
  for (const auto state :
       {SubscriptionState::pending, SubscriptionState::confirmed, SubscriptionState::unsubscribed})
    if (to_string(state) == text) return state;
  return {};
}

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::confirmed:
      return "confirmed";
    case Standing::pending:
      return "pending";
    case Standing::unsubscribed:
      return "unsubscribed";
    case Standing::bounced:
      return "bounced";
    case Standing::complained:
      return "complained";
  }
  return "unknown";
}

bool Consent::empty() const { return *this == Consent{}; }

}  // namespace postrider::subscribers
