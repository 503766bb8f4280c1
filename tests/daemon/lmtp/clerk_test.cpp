// What becomes of a delivery: daemon/lmtp/clerk.h.
#include <doctest/doctest.h>

#include "deliverer.h"

using namespace postrider;
using test::LmtpHouse;

namespace {

void hand_in(LmtpHouse& house, const std::vector<std::string>& recipients,
             const std::string& message, const std::string& sender = "mailer@a.example") {
  const daemon::lmtp::Delivery delivery{sender, recipients, message};
  const auto* const one = &delivery;
  house.clerk->take({&one, 1});
}

}  // namespace

TEST_CASE("the envelope's address proves whose mail it is about") {
  LmtpHouse house;
  hand_in(house, {"bounces@report.example", house.ann}, LmtpHouse::report());
  CHECK(house.suppressed("ann@a.example"));
  CHECK_FALSE(house.suppressed("bob@b.example"));
  CHECK(house.count("reports WHERE source = 'lmtp' AND message IS NULL") == 1);
}

TEST_CASE("an address of before [bounces] address changed is served where its token is ours") {
  LmtpHouse house;
  house.settings.bounces.address = "b2@other.example";
  house.reopen();
  CHECK(house.clerk->serves(house.ann));
  CHECK(house.clerk->serves("B2+whatever@other.example"));
  CHECK_FALSE(house.clerk->serves("bounces+guessed@report.example"));
  CHECK_FALSE(house.clerk->serves("bounces@report.example"));
  hand_in(house, {house.ann}, LmtpHouse::report());
  CHECK(house.suppressed("ann@a.example"));
}

TEST_CASE("one message to two readers' addresses is about both") {
  LmtpHouse house;
  hand_in(house, {house.ann, house.bob, house.ann}, LmtpHouse::report());
  CHECK(house.suppressed("ann@a.example"));
  CHECK(house.suppressed("bob@b.example"));
  CHECK(house.count("bounces") == 2);
}

TEST_CASE("what comes again counts once") {
  LmtpHouse house;
  for (int i = 0; i < 2; ++i) {
    hand_in(house, {house.ann}, LmtpHouse::report());
    hand_in(house, {"bounces+guessed@report.example", "bounces@report.example"},
            LmtpHouse::report());
  }
  CHECK(house.count("reports") == 2);
  CHECK(house.count("bounces") == 2);
}

TEST_CASE("what is kept in full knows who it was delivered to, so that it can be judged again") {
  LmtpHouse house;
  const std::string words = "From: MAILER-DAEMON@a.example\r\nSubject: Oh\r\n\r\nWell.\r\n";
  hand_in(house, {house.ann}, words);
  auto kept = store::Reports(*house.database, {}).next_kept(0);
  REQUIRE(kept);
  CHECK(kept->message ==
        "Return-Path: <mailer@a.example>\r\nDelivered-To: " + house.ann + "\r\n" + words);
  const auto again =
      daemon::Returns(house.settings, house.keys, *house.database).read(kept->message, "replay");
  REQUIRE(again.mail);
  CHECK(again.mail->subscriber == house.subscribers.find("ann@a.example")->id);
}

TEST_CASE("the envelope's sender tells a person's mail from a machine's, when replayed, too") {
  LmtpHouse house;
  house.settings.publication.reply_to = "editor@report.example";
  house.reopen();
  SUBCASE("a reader quotes a report") {
    hand_in(house, {house.ann},
            "From: ann@a.example\r\nSubject: help\r\n\r\nLook what I got:\r\n\r\nThis message was "
            "created automatically by mail delivery software.\r\n\r\nA message that you sent could "
            "not be delivered to one or more of its\r\nrecipients. This is a permanent error. The "
            "following address(es) failed:\r\n\r\n  bob@b.example\r\n    550 5.1.1 user "
            "unknown\r\n",
            "ann@a.example");
    CHECK_FALSE(house.suppressed("ann@a.example"));
    CHECK(house.count("notices WHERE kind = 'forward'") == 1);
    auto query = house.database->prepare("SELECT message FROM reports");
    REQUIRE(query.step());
    const auto kept = query.text(0);
    const daemon::Returns returns(house.settings, house.keys, *house.database);
    CHECK(returns.read(kept, "replay").report.from_person);
  }
  SUBCASE("a machine answers") {
    hand_in(house, {house.ann}, "From: ann@a.example\r\nSubject: Re: Weekly\r\n\r\nAway.\r\n", "");
    CHECK(house.count("notices WHERE kind = 'forward'") == 0);
    CHECK(house.count("bounces WHERE kind = 5") == 1);
  }
}

TEST_CASE("what cannot be written is kept nowhere, and no message of its batch is") {
  LmtpHouse house;
  house.break_down();
  const daemon::lmtp::Delivery one{"", {house.ann}, LmtpHouse::report("1")};
  const daemon::lmtp::Delivery other{"", {house.bob}, LmtpHouse::report("2")};
  const std::vector<const daemon::lmtp::Delivery*> both{&one, &other};
  CHECK_THROWS(house.clerk->take(both));
  CHECK(house.count("reports") == 0);
  house.mend();
  house.clerk->take(both);
  CHECK(house.suppressed("ann@a.example"));
  CHECK(house.suppressed("bob@b.example"));
}
