#include "daemon/reader_data.h"

#include "store/departures.h"
#include "store/house.h"
#include "store/imports.h"
#include "store/sign_ups.h"

using namespace postrider;

namespace {

struct Readers : test::House {
  nlohmann::json data(const std::string& email) {
    const auto found = subscribers.find(email);
    return nlohmann::json::parse(daemon::reader_data(*database, found ? found->uid : Uid{9}));
  }
};

}  // namespace

TEST_CASE("a reader's data tell how each subscription came about") {
  Readers house;
  house.add("ann@a.example");
  house.add("ann@a.example", "digest");
  const auto data = house.data("ann@a.example");
  CHECK(data["email"] == "ann@a.example");
  CHECK(data["suppressed"].is_null());
  CHECK_FALSE(data.contains("record"));
  REQUIRE(data["subscriptions"].size() == 2);
  const auto& on = data["subscriptions"][0];
  CHECK(on["list"] == "digest");
  CHECK(on["state"] == "confirmed");
  CHECK(on["evidence"]["kind"] == "operator");
  CHECK(on["evidence"]["by"] == "operator");
  CHECK(on["evidence"]["at"] == rfc3339(house.clock.now()));
  CHECK(on["evidence"]["detail"]["list"] == "digest");
  CHECK(data["sign_ups"].empty());
  CHECK(data["mails"].empty());
  CHECK(data["events"].size() == 2);
}

TEST_CASE("a reader's data have what was typed and agreed to, as long as it is not confirmed") {
  Readers house;
  subscribers::SignUp sign_up{
      mail::parse_address("ann@a.example").value(), "Ann", {"report"}, "de", {}};
  sign_up.consent.opted_in_from = "192.0.2.7";
  sign_up.consent.how = "You agree";
  store::SignUps(*house.database).sign_up(sign_up, "", {}, house.clock.now());
  const auto data = house.data("ann@a.example");
  CHECK(data["name"] == "");
  CHECK(data["subscriptions"][0]["state"] == "pending");
  REQUIRE(data["sign_ups"].size() == 1);
  const auto& open = data["sign_ups"][0];
  CHECK(open["list"] == "report");
  CHECK(open["name"] == "Ann");
  CHECK(open["language"] == "de");
  CHECK(open["consent"]["opted_in_from"] == "192.0.2.7");
  CHECK(open["consent"]["how"] == "You agree");
  CHECK(open["held"].is_null());
}

TEST_CASE("a reader's data have how they stood before") {
  Readers house;
  const auto id = house.add("ann@a.example");
  const auto joined = rfc3339(house.clock.now());
  auto entry = test::one("ann@a.example", subscribers::Standing::confirmed);
  entry.name = "Ann";
  test::import_entries(house, {entry});
  house.clock.advance(std::chrono::hours(1));
  store::Departures(*house.database)
      .leave({house.subscribers.find("ann@a.example")->uid, 0, 0, ""}, house.clock.now());
  house.database->prepare("UPDATE subscriptions SET evidence_id = NULL WHERE subscriber_id = ?")
      .bind(id.value)
      .run();
  const auto former = house.data("ann@a.example")["former"];
  REQUIRE(former["subscriptions"].size() == 1);
  CHECK(former["subscriptions"][0]["list"] == "report");
  CHECK(former["subscriptions"][0]["state"] == "confirmed");
  CHECK(former["subscriptions"][0]["since"] == joined);
  CHECK(former["subscriptions"][0]["until"] == rfc3339(house.clock.now()));
  REQUIRE(former["imports"].size() == 1);
  CHECK(former["imports"][0]["before"]["name"] == "");
  CHECK(former["imports"][0]["after"]["name"] == "Ann");
  REQUIRE(former["evidence"].size() == 1);
  CHECK(former["evidence"][0]["kind"] == "operator");
}

TEST_CASE("there are no data of one who is no reader") {
  Readers house;
  CHECK(house.data("nobody@a.example") == nlohmann::json::object());
}
