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

}  // namespace postrider::subscribers
