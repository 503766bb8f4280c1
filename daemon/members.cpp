#include "daemon/members.h"

#include "store/departures.h"

namespace postrider::daemon {

using subscribers::SubscriptionState;

namespace {

/// A link back says until when it is good.
std::chrono::sys_seconds left_at(const TokenClaims& claims) {
  return std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(claims.context))) -
         http::way_back_open;
}

}  // namespace

ListMembers::ListMembers(ListNames names, store::Database& reading, Errands errands,
                         const Clock& clock)
    : names_(std::move(names)), reading_(reading), errands_(std::move(errands)), clock_(clock) {}

std::optional<http::Members::Member> ListMembers::find(const TokenClaims& claims) {
  auto found = store::Departures(reading_).find(claims.subject, claims.list);
  if (!found) return {};
  const auto name = names_.find(found->list_key);
  return Member{name == names_.end() ? found->list_key : name->second,
                std::move(found->language),
                found->state && found->state != SubscriptionState::unsubscribed,
                found->left_at,
                found->left_together > 1,
                found->other_lists > 0};
}

void ListMembers::leave(const Leaving& leaving, Done done) {
  const auto& claims = leaving.claims;
  store::Departure departure{claims.subject, leaving.all ? 0 : claims.list, claims.context,
                             leaving.reason};
  errands_.run(
      "an unsubscribe",
      [departure = std::move(departure), &clock = clock_](store::Database& writing) {
        store::Departures(writing).leave(departure, clock.now());
      },
      std::move(done));
}

std::optional<http::Members::Returning> ListMembers::find_return(const TokenClaims& claims) {
  const auto found =
      store::Departures(reading_).find_return(claims.subject, claims.list, left_at(claims));
  if (!found) return {};
  return Returning{found->language, found->way};
}

void ListMembers::come_back(const TokenClaims& claims, Done done) {
  errands_.run(
      "a reader's coming back",
      [claims, &clock = clock_](store::Database& writing) {
        store::Departures(writing).come_back(claims.subject, claims.list, left_at(claims),
                                             clock.now());
      },
      std::move(done));
}

}  // namespace postrider::daemon
