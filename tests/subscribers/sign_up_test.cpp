#include "subscribers/sign_up.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::subscribers;

TEST_CASE("a name that mail programs make a link of is known") {
  for (const auto* name :
       {"win at http://evil.example", "evil.example", "Joe www.evil", "a@b", "Joe / evil",
        "Get rich: casino.example now", "\xd0\xb0\xd0\xb0.\xd1\x80\xd1\x84"})
    CHECK_MESSAGE(reads_as_link(name), name);
}

TEST_CASE("names of people are none") {
  for (const auto* name : {"", "Joe Webster", "J.R.R. Tolkien", "J.R.R.Tolkien", "Dr. M. Smith",
                           "St. John", "Anne-Marie O'Neil", "Li Bai", "Joe W."})
    CHECK_MESSAGE(!reads_as_link(name), name);
}

TEST_CASE("role addresses and traps wait for an operator") {
  const auto why = [](const char* address) { return suspicion(*mail::parse_address(address)); };
  CHECK(why("abuse@a.example") == "role address");
  CHECK(why("PostMaster+list@a.example") == "role address");
  CHECK(why("news-request@a.example") == "role address");
  CHECK(why("joe.spamtrap@a.example") == "trap");
  CHECK(why("joe@abuse.example").empty());
  CHECK(why("information@a.example").empty());
}

TEST_CASE("who left or is suppressed is asked, even where a list asks nobody") {
  using State = SubscriptionState;
  CHECK(wish_of({}, false, true) == Wish::ask);
  CHECK(wish_of({}, false, false) == Wish::join);
  CHECK(wish_of(State::pending, false, false) == Wish::join);
  CHECK(wish_of(State::confirmed, false, true) == Wish::already);
  CHECK(wish_of(State::unsubscribed, false, false) == Wish::ask);
  CHECK(wish_of(State::confirmed, true, false) == Wish::ask);
  CHECK(wish_of({}, true, false) == Wish::ask);
}
