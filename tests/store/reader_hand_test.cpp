#include "store/reader_hand.h"

#include <doctest/doctest.h>

#include "store/house.h"
#include "store/notices.h"
#include "store/sign_ups.h"

using namespace postrider;
using namespace postrider::store;

namespace {

struct OneReader : test::House {
  ReaderHand hand{*database};
  SubscriberId id = add("ann@a.example");
  Uid uid = subscribers.find("ann@a.example")->uid;

  OwnChoices as_is() {
    const auto profile = hand.profile(uid).value();
    return {profile.name,
            profile.language,
            profile.time_zone,
            profile.paused_until,
            {"report", "digest"},
            {},
            {},
            "{\"page\":\"preferences\"}"};
  }
  std::vector<std::string> events() {
    std::vector<std::string> kinds;
    for (const auto& event : ledger.events_of(id))
      if (event.actor == "reader") kinds.push_back(event.kind + " " + event.detail);
    return kinds;
  }
  /// Of the newest notice.
  std::uint64_t notice() {
    auto query = database->prepare("SELECT uid FROM notices ORDER BY id DESC LIMIT 1");
    REQUIRE(query.step());
    return static_cast<std::uint64_t>(query.integer(0));
  }
  std::int64_t notices() { return count("SELECT count(*) FROM notices"); }
  void sign_up(const std::vector<std::string>& lists) {
    const subscribers::SignUp one{mail::parse_address("ann@a.example").value(), "", lists, "", {}};
    SignUps(*database).sign_up(one, "", {}, clock.now());
  }
  std::int64_t count(std::string_view sql) {
    auto query = database->prepare(sql);
    query.step();
    return query.integer(0);
  }
  std::int64_t questions_that_wait() {
    return count("SELECT count(*) FROM notices WHERE kind = 'confirm' AND due IS NOT NULL");
  }
  void ask_at(const std::string& email) {
    hand.ask_at(uid, mail::parse_address(email).value(), clock.now());
  }
};

}  // namespace

TEST_CASE("a page saved as it was leaves no trace") {
  OneReader house;
  house.hand.choose(house.uid, house.as_is(), house.clock.now());
  CHECK(house.events().empty());
}

TEST_CASE("each choice is an event of the reader's") {
  OneReader house;
  auto choices = house.as_is();
  choices.name = "Ann";
  choices.language = "de";
  choices.joins = {"digest"};
  choices.leaves = {"report"};
  choices.paused_until = house.clock.now() + std::chrono::hours(24);
  house.hand.choose(house.uid, choices, house.clock.now());
  const auto events = house.events();
  REQUIRE(events.size() == 4);
  CHECK(events[0] == "subscriber.updated name Ann; language de");
  CHECK(events[1].starts_with("subscriber.paused until "));
  CHECK(events[2] == "subscriber.unsubscribed preferences page: report");
  CHECK(events[3] == "subscriber.subscribed preferences page: digest");
  const auto reader = house.subscribers.find(house.uid).value();
  CHECK(reader.name == "Ann");
  CHECK(reader.paused_until == choices.paused_until);
  for (const auto& each : reader.subscriptions) {
    if (each.list != "digest") continue;
    CHECK(each.state == subscribers::SubscriptionState::confirmed);
    CHECK(each.evidence == "preferences");
  }
}

TEST_CASE("leaving by the preferences link of an issue's mail is kept with the issue") {
  OneReader house;
  auto choices = house.as_is();
  choices.leaves = {"report"};
  const auto issue = house.sending();
  auto query = house.database->prepare("SELECT uid FROM issues WHERE id = ?");
  query.bind(issue.value).step();
  choices.issue = static_cast<std::uint64_t>(query.integer(0));
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.ledger.events_of(house.id).back().issue == "weekly");
  choices.leaves.clear();
  choices.joins = {"digest"};
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.ledger.events_of(house.id).back().issue == "");
}

TEST_CASE("what is so already is not done again, and unknown lists are nobody's") {
  OneReader house;
  auto choices = house.as_is();
  choices.joins = {"report", "nope"};
  choices.leaves = {"digest", "gone"};
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.events().empty());
}

TEST_CASE("a list that is not for everybody is joined by nobody who was not let in") {
  OneReader house;
  auto choices = house.as_is();
  choices.open = {"report"};
  choices.joins = {"digest"};
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.events().empty());
  house.database
      ->prepare(
          "INSERT INTO subscriptions (list_id, subscriber_id, state, since) SELECT id, ?, 0, 0 "
          "FROM lists WHERE key = "
          "'digest'")
      .bind(house.id.value)
      .run();
  CHECK(house.hand.profile(house.uid)->pending == std::set<std::string>{"digest"});
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.events() ==
        std::vector<std::string>{"subscriber.subscribed preferences page: digest"});
}

TEST_CASE("joining settles the sign-up that was not confirmed yet, and its question") {
  OneReader house;
  house.sign_up({"digest"});
  REQUIRE(house.questions_that_wait() == 1);
  auto choices = house.as_is();
  choices.joins = {"digest"};
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.count("SELECT count(*) FROM sign_ups") == 0);
  CHECK(house.questions_that_wait() == 0);
}

TEST_CASE("a question about several lists waits as long as one of them is open") {
  OneReader house;
  auto choices = house.as_is();
  choices.leaves = {"report"};
  house.hand.choose(house.uid, choices, house.clock.now());
  house.sign_up({"report", "digest"});
  REQUIRE(house.questions_that_wait() == 1);
  choices.leaves.clear();
  choices.joins = {"report"};
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.questions_that_wait() == 1);
  SUBCASE("and is called off by joining the last one") { choices.joins = {"digest"}; }
  SUBCASE("and is called off by leaving the last one") { choices.leaves = {"digest"}; }
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.count("SELECT count(*) FROM sign_ups") == 0);
  CHECK(house.questions_that_wait() == 0);
}

TEST_CASE("a pause ends by being taken away") {
  OneReader house;
  auto choices = house.as_is();
  choices.paused_until = house.clock.now() + std::chrono::hours(24);
  house.hand.choose(house.uid, choices, house.clock.now());
  choices.paused_until.reset();
  house.hand.choose(house.uid, choices, house.clock.now());
  CHECK(house.events().back() == "subscriber.resumed ");
  CHECK_FALSE(house.subscribers.find(house.uid)->paused_until);
}

TEST_CASE("a new address is taken once it has confirmed, and the old one is told") {
  OneReader house;
  house.ask_at("Ann@new.example");
  const auto asked = house.notice();
  CHECK(house.hand.asked_address(house.uid, asked, house.clock.now()) == "Ann@new.example");
  CHECK(house.subscribers.find("ann@a.example"));
  house.hand.take_address(house.uid, asked, house.clock.now());
  house.hand.take_address(house.uid, asked, house.clock.now());
  CHECK(house.subscribers.find("ann@new.example")->uid == house.uid);
  CHECK_FALSE(house.subscribers.find("ann@a.example"));
  const auto told = Notices(*house.database).find(house.notice());
  CHECK(told->kind == queue::NoticeKind::address_changed);
  CHECK(told->address == "ann@a.example");
  CHECK(house.notices() == 2);
}

TEST_CASE("an address that is not to be had is not asked, and nobody is told so") {
  OneReader house;
  house.add("bob@b.example");
  house.ledger.suppress(mail::parse_address("cat@c.example").value(),
                        subscribers::SuppressionReason::asked, "operator", house.clock.now());
  for (const auto* email : {"bob@b.example", "BOB@B.example", "cat@c.example", "ann@a.example"})
    house.ask_at(email);
  CHECK(house.notices() == 0);
}

TEST_CASE("an address that somebody took meanwhile is not taken again") {
  OneReader house;
  house.ask_at("bob@b.example");
  const auto asked = house.notice();
  house.add("bob@b.example");
  CHECK_FALSE(house.hand.asked_address(house.uid, asked, house.clock.now()));
  house.hand.take_address(house.uid, asked, house.clock.now());
  CHECK(house.subscribers.find("ann@a.example"));
}

TEST_CASE("a confirmation works for two days, and for the one who asked") {
  OneReader house;
  house.ask_at("ann@new.example");
  const auto asked = house.notice();
  house.add("bob@b.example");
  const auto bob = house.subscribers.find("bob@b.example")->uid;
  CHECK_FALSE(house.hand.asked_address(bob, asked, house.clock.now()));
  house.clock.advance(std::chrono::hours(48));
  CHECK_FALSE(house.hand.asked_address(house.uid, asked, house.clock.now()));
}

TEST_CASE("three questions of a kind a day are the most") {
  OneReader house;
  for (int i = 0; i < 5; ++i) house.ask_at("ann" + std::to_string(i) + "@new.example");
  for (int i = 0; i < 5; ++i) house.hand.ask_to_erase(house.uid, house.clock.now());
  CHECK(house.notices() == 6);
  CHECK(house.hand.was_asked_to_erase(house.uid, house.notice(), house.clock.now()));
  house.clock.advance(std::chrono::hours(25));
  house.hand.ask_to_erase(house.uid, house.clock.now());
  CHECK(house.notices() == 7);
}
