#include "base/fingerprints.h"

#include <doctest/doctest.h>

using namespace postrider;

namespace {

const TokenKeys::Key old_key{1, std::string(32, 'o')};
const TokenKeys::Key new_key{2, std::string(32, 'n')};

Fingerprints prints(std::vector<TokenKeys::Key> keys, std::string_view use = "a use") {
  return Fingerprints(TokenKeys(std::move(keys)), use);
}

}  // namespace

TEST_CASE("HMAC-SHA-256 is that of RFC 4231, test case 2") {
  const auto digest = HmacSha256("Jefe")("what do ya want ", "for nothing?");
  CHECK(digest[0] == 0x5b);
  CHECK(digest[1] == 0xdc);
  CHECK(digest[31] == 0x43);
}

TEST_CASE("a text is told again by the same key") {
  CHECK(prints({old_key}).of("joe") == prints({old_key}).of("joe"));
  CHECK(prints({old_key}).of("joe").hash != prints({old_key}).of("jim").hash);
}

TEST_CASE("another key or another use gives another fingerprint") {
  CHECK(prints({old_key}).of("joe").hash != prints({new_key}).of("joe").hash);
  CHECK(prints({old_key}).of("joe").hash != prints({old_key}, "other").of("joe").hash);
}

TEST_CASE("a text that was seen under a retired key is told after a rotation") {
  const auto before = prints({old_key}).of("joe");
  const auto after = prints({new_key, old_key});
  CHECK(after.of("joe").key == prints({new_key}).of("joe").key);
  REQUIRE(after.all("joe").size() == 2);
  CHECK(after.all("joe")[1] == before);
  CHECK(after.has_key(before.key));
  CHECK_FALSE(prints({new_key}).has_key(before.key));
}
