#include "subscribers/registration.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::subscribers;

namespace {

Entry entry(std::optional<std::string> name = {},
            std::vector<std::pair<std::string, std::string>> attributes = {}) {
  return {"ann@a.example", std::move(name), std::move(attributes)};
}

constexpr Instant now{Duration(1'000'000)};

const Known confirmed{.person = {.name = "Ann", .attributes = R"({"country":"KZ"})"},
                      .subscription = SubscriptionState::confirmed};

Entry of(Standing standing, std::optional<Instant> since = {}) {
  Entry entry{.email = "ann@a.example"};
  entry.standing = standing;
  entry.since = since;
  return entry;
}

std::string unfit(const std::string& email) {
  const auto admitted = admit({email, {}, {}});
  return admitted ? "" : admitted.error().reason;
}

}  // namespace

TEST_CASE("a new reader is added and confirmed with what the entry says") {
  const auto decision = decide({}, entry("Ann", {{"country", "\"KZ\""}, {"age", "40"}}), now);
  CHECK(decision.result == Added::added);
  CHECK(decision.becomes == SubscriptionState::confirmed);
  CHECK(decision.person.name == "Ann");
  CHECK(decision.person.attributes == R"({"country":"KZ","age":40})");
}

TEST_CASE("a reader of another list is added to this one and keeps what is known") {
  const auto decision =
      decide({.person = {.name = "Ann", .attributes = R"({"country":"KZ"})"}}, entry(), now);
  CHECK(decision.result == Added::added);
  CHECK(!decision.rewrites);
  CHECK(decision.person.name == "Ann");
  CHECK(decision.person.attributes == R"({"country":"KZ"})");
}

TEST_CASE("the same again changes nothing") {
  const auto decision = decide(confirmed, entry("Ann", {{"country", "\"KZ\""}}), now);
  CHECK(decision.result == Added::unchanged);
  CHECK_FALSE(decision.becomes);
  CHECK(!decision.rewrites);
}

TEST_CASE("attributes spelt otherwise but equal are unchanged") {
  const Known known{.person = {.attributes = R"({ "b" : 1.0, "a" : "\u004bZ" })"},
                    .subscription = SubscriptionState::confirmed};
  const auto decision = decide(known, entry({}, {{"a", "\"KZ\""}}), now);
  CHECK(decision.result == Added::unchanged);
  CHECK(decision.person.attributes == known.person.attributes);
}

TEST_CASE("new values update; values not named stay") {
  const auto decision = decide(confirmed, entry({}, {{"city", "\"Almaty\""}}), now);
  CHECK(decision.result == Added::updated);
  CHECK(decision.rewrites);
  CHECK(decision.person.name == "Ann");
  CHECK(decision.person.attributes == R"({"country":"KZ","city":"Almaty"})");
  CHECK(decide(confirmed, entry("Anna"), now).person.name == "Anna");
  CHECK(decide(confirmed, entry({}, {{"country", "\"UZ\""}}), now).person.attributes ==
        R"({"country":"UZ"})");
}

TEST_CASE("a pending reader is confirmed by the operator's word") {
  const auto decision = decide({.subscription = SubscriptionState::pending}, entry(), now);
  CHECK(decision.result == Added::updated);
  CHECK(decision.becomes == SubscriptionState::confirmed);
}

TEST_CASE("who left is not brought back, and nothing about them changes") {
  auto known = confirmed;
  known.subscription = SubscriptionState::unsubscribed;
  const auto decision = decide(known, entry("Other", {{"country", "\"UZ\""}}), now);
  CHECK(decision.result == Added::skipped_unsubscribed);
  CHECK_FALSE(decision.becomes);
  CHECK(!decision.rewrites);
  CHECK(skip_reason(decision.result) == "unsubscribed");
}

TEST_CASE(
    "who left elsewhere has joined here again only where that is a day later, and surely so") {
  auto known = confirmed;
  known.since = now + std::chrono::hours(25);
  CHECK_FALSE(decide(known, of(Standing::unsubscribed, now), known.since).becomes);
  // Of a day alone, or in another zone, nobody knows which was first.
  known.since = now + std::chrono::hours(23);
  CHECK(decide(known, of(Standing::unsubscribed, now), known.since).becomes ==
        SubscriptionState::unsubscribed);
  // An import made a year later is not the reader's act.
  known.since = now + std::chrono::hours(24 * 365);
  known.since_import = true;
  CHECK(decide(known, of(Standing::complained, now), known.since).becomes ==
        SubscriptionState::unsubscribed);
}

TEST_CASE("who left all lists is put on no other one by somebody else") {
  const Known gone{.left_all = true};
  for (const auto standing : {Standing::confirmed, Standing::pending})
    CHECK(decide(gone, of(standing), now).result == Added::skipped_unsubscribed);
  const auto bounced = decide(gone, of(Standing::bounced), now);
  CHECK_FALSE(bounced.becomes);
  CHECK(bounced.suppression == SuppressionReason::bounced);
  CHECK(decide(gone, of(Standing::unsubscribed), now).result == Added::unchanged);
  // A stranger's sign-up for them says nothing.
  auto asked = gone;
  asked.subscription = SubscriptionState::pending;
  CHECK(decide(asked, entry("Ann"), now).result == Added::skipped_unsubscribed);
  // A list that they have joined since tells more than that word.
  auto back = gone;
  back.subscription = SubscriptionState::confirmed;
  CHECK(decide(back, entry("Ann"), now).result == Added::updated);
}

TEST_CASE("what changes of a person is told value by value") {
  const Person was{"Ann", R"({"age":40,"city":"Bonn","vip":true})", "", "Europe/Berlin"};
  const Person is{"Anna", R"({"age":40,"city":"Köln","tags":["a"]})", "de", "Europe/Berlin"};
  CHECK(told_change(was, is) ==
        R"(name Ann → Anna; city "Bonn" → "Köln"; tags ["a"]; vip true → none; language de)");
  CHECK(told_change(was, was).empty());
}

TEST_CASE("who is suppressed stays out, whatever their subscription says") {
  for (const auto state : {SubscriptionState::pending, SubscriptionState::confirmed,
                           SubscriptionState::unsubscribed}) {
    const auto decision = decide({.subscription = state, .suppressed = true}, entry("Ann"), now);
    CHECK(decision.result == Added::skipped_suppressed);
    CHECK_FALSE(decision.becomes);
    CHECK(!decision.rewrites);
  }
  CHECK(decide({.suppressed = true}, entry(), now).result == Added::skipped_suppressed);
  CHECK(skip_reason(Added::skipped_suppressed) == "suppressed");
  CHECK(skip_reason(Added::added).empty());
}

TEST_CASE("attributes that are no JSON are left out, and a broken object is begun anew") {
  CHECK(decide({}, entry({}, {{"a", "{"}}), now).person.attributes == "{}");
  const Known broken{.person = {.attributes = "[1]"}};
  CHECK(decide(broken, entry({}, {{"a", "1"}}), now).person.attributes == R"({"a":1})");
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

TEST_CASE("who left elsewhere has left here, unless they came here later") {
  using std::chrono::hours;
  const Instant before{hours(100)}, joined{hours(200)}, later{hours(300)}, now{hours(400)};
  auto known = confirmed;
  known.since = joined;
  for (const auto standing : {Standing::unsubscribed, Standing::complained}) {
    CHECK(decide(known, of(standing), now).becomes == SubscriptionState::unsubscribed);
    CHECK(decide(known, of(standing, later), now).becomes == SubscriptionState::unsubscribed);
    CHECK(decide(known, of(standing, later), now).since == later);
    CHECK_FALSE(decide(known, of(standing, before), now).becomes);
    CHECK(decide({}, of(standing), now).becomes == SubscriptionState::unsubscribed);
    CHECK(decide({}, of(standing), now).result == Added::added);
  }
  known.subscription = SubscriptionState::unsubscribed;
  CHECK(decide(known, of(Standing::unsubscribed), now).result == Added::unchanged);
}

TEST_CASE("who bounced or complained elsewhere is suppressed here") {
  CHECK(decide(confirmed, of(Standing::bounced), now).suppression == SuppressionReason::bounced);
  CHECK_FALSE(decide(confirmed, of(Standing::bounced), now).becomes);
  CHECK(decide({}, of(Standing::bounced), now).becomes == SubscriptionState::confirmed);
  CHECK(decide({}, of(Standing::complained), now).suppression == SuppressionReason::complained);
  CHECK(decide({.suppressed = true}, of(Standing::complained), now).result ==
        Added::skipped_suppressed);
}

TEST_CASE("who was only asked elsewhere is only asked here") {
  CHECK(decide({}, of(Standing::pending), now).becomes == SubscriptionState::pending);
  CHECK(decide(confirmed, of(Standing::pending), now).result == Added::unchanged);
  auto left = confirmed;
  left.subscription = SubscriptionState::unsubscribed;
  CHECK(decide(left, of(Standing::pending), now).result == Added::skipped_unsubscribed);
}

TEST_CASE("nobody joins in the future") {
  CHECK(decide({}, of(Standing::confirmed, now + Duration(1)), now).since == now);
  CHECK(decide({}, of(Standing::confirmed, now - Duration(1)), now).since == now - Duration(1));
}
