#include "queue/access_token.h"

#include <doctest/doctest.h>

#include "base/files.h"
#include "support/fake_clock.h"
#include "support/temporary_folder.h"

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;

TEST_CASE("a token stands alone on the first line, or in JSON with its lifetime") {
  CHECK(parse_access_token("ya29.a0/+_-~=\nmore\n")->text == "ya29.a0/+_-~=");
  CHECK(parse_access_token("  abc \r\n")->text == "abc");
  const auto json = parse_access_token(R"({"access_token": "abc", "expires_in": 3599})");
  CHECK(json->text == "abc");
  CHECK(json->lifetime == 3599s);
  CHECK_FALSE(parse_access_token(R"({"access_token": "abc"})")->lifetime);
  CHECK(parse_access_token(R"({"access_token": "abc", "expires_in": -1e300})")->lifetime == 0s);
}

TEST_CASE("what is no token is refused, and never repeated in the reason") {
  for (const std::string text :
       {"", "\n", "se cret", "sec\x01ret",
        "s\xC3\xA9"
        "cret",
        "{\"secret", "{\"token\":\"secret\"}", "{\"access_token\":[\"secret\"]}",
        "{\"access_token\":\"sec\\r\\nret\"}",
        "{\"access_token\":\"secret\",\"expires_in\":\"soon\"}"}) {
    CAPTURE(text);
    const auto token = parse_access_token(text);
    REQUIRE_FALSE(token);
    CHECK(token.error().message.find("cret") == std::string::npos);
  }
  CHECK_FALSE(parse_access_token(std::string(10'000, 'x')));
}

TEST_CASE("a command is run again only when its token has expired or is refused") {
  const test::TemporaryFolder folder;
  const auto count = (folder.path() / "count").string();
  test::FakeClock clock;
  // Says another token at each run: x, xx, xxx.
  TokenKeeper keeper({{},
                      {"sh", "-c",
                       "printf x >> \"$0\"; printf '{\"access_token\":\"%s\",\"expires_in\":1000}' "
                       "\"$(cat \"$0\")\"",
                       count}},
                     clock);
  CHECK_FALSE(keeper.at_hand());
  CHECK(keeper.fetch("", {}) == "x");
  CHECK(keeper.at_hand() == "x");
  clock.advance(900s);
  CHECK(keeper.fetch("", {}) == "x");
  clock.advance(60s);  // some time before its end
  CHECK_FALSE(keeper.at_hand());
  CHECK(keeper.fetch("", {}) == "xx");
  CHECK(keeper.fetch("x", {}) == "xx");  // another thread has fetched it
  CHECK(keeper.fetch("xx", {}) == "xxx");
}

TEST_CASE("a command that fails leaves no token, and its reason has none of its output") {
  const test::FakeClock clock;
  TokenKeeper keeper({{}, {"sh", "-c", "echo secret; exit 1"}}, clock);
  const auto token = keeper.fetch("", {});
  REQUIRE_FALSE(token);
  CHECK(token.error().message ==
        "no access token: sh failed with exit status 1; run it by hand to see why");
  CHECK_FALSE(keeper.at_hand());
}
