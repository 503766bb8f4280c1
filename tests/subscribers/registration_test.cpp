#include "subscribers/registration.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::subscribers;

namespace {

Entry entry(std::optional<std::string> name = {},
            std::vector<std::pair<std::string, std::string>> attributes = {}) {
  return {"ann@a.example", std::move(name), std::move(attributes)};
}

const Known confirmed{.name = "Ann",
                      .attributes = R"({"country":"KZ"})",
                      .subscription = SubscriptionState::confirmed};

std::string unfit(const std::string& email) {
  const auto admitted = admit({email, {}, {}});
  return admitted ? "" : admitted.error().reason;
}

}  // namespace

TEST_CASE("a new reader is added and confirmed with what the entry says") {
  const auto decision = decide({}, entry("Ann", {{"country", "\"KZ\""}, {"age", "40"}}));
  CHECK(decision.result == Added::added);
  CHECK(decision.confirms);
  CHECK(decision.name == "Ann");
  CHECK(decision.attributes == R"({"country":"KZ","age":40})");
}

TEST_CASE("a reader of another list is added to this one and keeps what is known") {
  const auto decision = decide({.name = "Ann", .attributes = R"({"country":"KZ"})"}, entry());
  CHECK(decision.result == Added::added);
  CHECK(!decision.rewrites);
  CHECK(decision.name == "Ann");
  CHECK(decision.attributes == R"({"country":"KZ"})");
}

TEST_CASE("the same again changes nothing") {
  const auto decision = decide(confirmed, entry("Ann", {{"country", "\"KZ\""}}));
  CHECK(decision.result == Added::unchanged);
  CHECK(!decision.confirms);
  CHECK(!decision.rewrites);
}

TEST_CASE("attributes spelt otherwise but equal are unchanged") {
  const Known known{.name = "",
                    .attributes = R"({ "b" : 1.0, "a" : "\u004bZ" })",
                    .subscription = SubscriptionState::confirmed};
  const auto decision = decide(known, entry({}, {{"a", "\"KZ\""}}));
  CHECK(decision.result == Added::unchanged);
  CHECK(decision.attributes == known.attributes);
}

TEST_CASE("new values update; values not named stay") {
  const auto decision = decide(confirmed, entry({}, {{"city", "\"Almaty\""}}));
  CHECK(decision.result == Added::updated);
  CHECK(decision.rewrites);
  CHECK(decision.name == "Ann");
  CHECK(decision.attributes == R"({"country":"KZ","city":"Almaty"})");
  CHECK(decide(confirmed, entry("Anna")).name == "Anna");
  CHECK(decide(confirmed, entry({}, {{"country", "\"UZ\""}})).attributes == R"({"country":"UZ"})");
}

TEST_CASE("a pending reader is confirmed by the operator's word") {
  const auto decision = decide({.subscription = SubscriptionState::pending}, entry());
  CHECK(decision.result == Added::updated);
  CHECK(decision.confirms);
}

TEST_CASE("who left is not brought back, and nothing about them changes") {
  auto known = confirmed;
  known.subscription = SubscriptionState::unsubscribed;
  const auto decision = decide(known, entry("Other", {{"country", "\"UZ\""}}));
  CHECK(decision.result == Added::skipped_unsubscribed);
  CHECK(!decision.confirms);
  CHECK(!decision.rewrites);
  CHECK(skip_reason(decision.result) == "unsubscribed");
}

TEST_CASE("who is suppressed stays out, whatever their subscription says") {
  for (const auto state : {SubscriptionState::pending, SubscriptionState::confirmed,
                           SubscriptionState::unsubscribed}) {
    const auto decision = decide({.subscription = state, .suppressed = true}, entry("Ann"));
    CHECK(decision.result == Added::skipped_suppressed);
    CHECK(!decision.confirms);
    CHECK(!decision.rewrites);
  }
  CHECK(decide({.suppressed = true}, entry()).result == Added::skipped_suppressed);
  CHECK(skip_reason(Added::skipped_suppressed) == "suppressed");
  CHECK(skip_reason(Added::added).empty());
}

TEST_CASE("attributes that are no JSON are left out, and a broken object is begun anew") {
  CHECK(decide({}, entry({}, {{"a", "{"}})).attributes == "{}");
  const Known broken{.name = "", .attributes = "[1]"};
  CHECK(decide(broken, entry({}, {{"a", "1"}})).attributes == R"({"a":1})");
}

TEST_CASE("a name is one clean line") {
  CHECK(clean_name("  Ann Lee ") == "Ann Lee");
  CHECK(clean_name("\r\nBcc: eve@a.example") == "Bcc: eve@a.example");
  CHECK(clean_name("Ann\r\nBcc: eve") == "Ann  Bcc: eve");
  CHECK(clean_name(std::string_view("A\0B", 3)) == "A B");
  CHECK(clean_name("J\xF6rg") == "J?rg");
  CHECK(clean_name("{{email}} <script>") == "{{email}} <script>");
  std::string letters;
  for (int i = 0; i < 300; ++i) letters += "Ж";
  CHECK(clean_name(letters).size() == 200);
}

TEST_CASE("a text that is too long for a name is not admitted as one") {
  CHECK(admit(entry(std::string(200, 'a') + "  ")));
  const auto refused = admit(entry(std::string(20'000, 'a')));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == "name too long");
  CHECK(refused.error().detail == "a name has at most 200 octets; this one has 20,000");
}

TEST_CASE("addresses that cannot be mailed are not admitted") {
  CHECK(unfit("ann@a.example").empty());
  CHECK(unfit(" Ann@A.example ").empty());
  CHECK(unfit("ann@bücher.example").empty());
  CHECK(unfit("") == "invalid address");
  CHECK(unfit("ann") == "invalid address");
  CHECK(unfit("ann@a.example\r\nRCPT TO:<eve@a.example>") == "invalid address");
  CHECK(unfit("аня@a.example") == "needs SMTPUTF8");
  CHECK(unfit(std::string(243, 'a') + "@a.example") == "invalid address");
}

TEST_CASE("states are called by their names") {
  CHECK(to_string(SubscriptionState::pending) == "pending");
  CHECK(to_string(SubscriptionState::confirmed) == "confirmed");
  CHECK(to_string(SubscriptionState::unsubscribed) == "unsubscribed");
}
