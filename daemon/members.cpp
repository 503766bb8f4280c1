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

http::Members::Member to_member(store::Membership found, const ListNames& names) {
  const auto name = names.find(found.list_key);
  return {name == names.end() ? found.list_key : name->second,
          std::move(found.language),
          found.state && found.state != SubscriptionState::unsubscribed,
          found.left_at,
          found.left_together > 1,
          found.other_lists > 0};
}

}  // namespace

ListMembers::ListMembers(ListNames names, DoorReads& reads, Errands errands, const Clock& clock)
    : names_(std::make_shared<const ListNames>(std::move(names))),
      reads_(reads),
      errands_(std::move(errands)),
      clock_(clock) {}

std::optional<http::Members::Member> ListMembers::find(const TokenClaims& claims) {
  auto found = store::Departures(reads_.look()).find(claims.subject, claims.list);
  if (!found) return {};
  return to_member(std::move(*found), *names_);
}

/// What the page then says is looked up behind the change, where all of it is at hand.
void ListMembers::leave(const Leaving& leaving, Left left) {
  const auto& claims = leaving.claims;
  store::Departure departure{claims.subject, leaving.all ? 0 : claims.list, claims.context,
                             leaving.reason};
  const auto found = std::make_shared<std::optional<store::Membership>>();
  errands_.run(
      "an unsubscribe",
      [departure = std::move(departure), list = claims.list, found,
       &clock = clock_](store::Database& writing) {
        store::Departures departures(writing);
        departures.leave(departure, clock.now());
        *found = departures.find(departure.reader, list);
      },
      [found, names = names_, left = std::move(left)](bool written) {
        std::optional<Member> member;
        if (written && *found) member = to_member(std::move(**found), *names);
        left(written, std::move(member));
      });
}

std::optional<http::Members::Returning> ListMembers::find_return(const TokenClaims& claims) {
  const auto found =
      store::Departures(reads_.look()).find_return(claims.subject, claims.list, left_at(claims));
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
