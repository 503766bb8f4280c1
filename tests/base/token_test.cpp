#include "base/token.h"

#include <barrier>
#include <doctest/doctest.h>
#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <thread>

#include "support/temporary_folder.h"
#include "support/variable.h"

using namespace postrider;

namespace {

TokenKeys keys() { return TokenKeys({{7, std::string(32, 'k')}, {6, std::string(32, 'o')}}); }

TokenClaims claims() {
  TokenClaims c;
  for (std::size_t i = 0; i < c.subject.size(); ++i) c.subject[i] = static_cast<std::uint8_t>(i);
  c.list = 0x1122334455667788;
  c.context = 42;
  return c;
}

}  // namespace

TEST_CASE("a token gives back what was signed") {
  const auto token = keys().sign(Purpose::unsubscribe, claims());
  CHECK(token.size() == 68);
  CHECK(keys().verify(Purpose::unsubscribe, token) == claims());
}

TEST_CASE("a token for one purpose opens no other door") {
  const auto token = keys().sign(Purpose::message_id, claims());
  CHECK_FALSE(keys().verify(Purpose::unsubscribe, token));
}

TEST_CASE("a retired key still verifies and an unknown one does not") {
  const auto old = TokenKeys({{6, std::string(32, 'o')}}).sign(Purpose::unsubscribe, claims());
  CHECK(keys().verify(Purpose::unsubscribe, old));
  const auto foreign = TokenKeys({{9, std::string(32, 'k')}}).sign(Purpose::unsubscribe, claims());
  CHECK_FALSE(keys().verify(Purpose::unsubscribe, foreign));
}

TEST_CASE("no other spelling of a token verifies") {
  const auto token = keys().sign(Purpose::unsubscribe, claims());
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : std::string_view("AZaz09-_+/= \n.")) {
      auto changed = token;
      if (changed[i] == c) continue;
      changed[i] = c;
      CHECK_FALSE(keys().verify(Purpose::unsubscribe, changed));
    }
    CHECK_FALSE(keys().verify(Purpose::unsubscribe, token.substr(0, i)));
  }
  CHECK_FALSE(keys().verify(Purpose::unsubscribe, token + "A"));
  CHECK_FALSE(keys().verify(Purpose::unsubscribe, token + "="));
  CHECK_FALSE(keys().verify(Purpose::unsubscribe, token + token));
}

TEST_CASE("an inert token has the shape of a token and opens nothing") {
  CHECK(inert_token().size() == 68);
  CHECK_FALSE(keys().verify(Purpose::unsubscribe, inert_token()));
}

TEST_CASE("the key file is made once, readable by its owner alone") {
  const test::TemporaryFolder folder;
  const auto first = TokenKeys::load_or_create(folder.path());
  REQUIRE(first);
  struct stat status;
  REQUIRE(::stat((folder.path() / "token.keys").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const auto second = TokenKeys::load_or_create(folder.path());
  REQUIRE(second);
  CHECK(second->verify(Purpose::unsubscribe, first->sign(Purpose::unsubscribe, claims())));
}

TEST_CASE("those who start at once share one key") {
  for (int round = 0; round < 20; ++round) {
    const test::TemporaryFolder folder;
    std::vector<std::string> signed_by(4);
    std::barrier start(static_cast<std::ptrdiff_t>(signed_by.size()));
    {
      std::vector<std::jthread> processes;
      for (auto& token : signed_by)
        processes.emplace_back([&] {
          start.arrive_and_wait();
          const auto made = TokenKeys::load_or_create(folder.path());
          if (made) token = made->sign(Purpose::unsubscribe, claims());
        });
    }
    CHECK(std::set<std::string>(signed_by.begin(), signed_by.end()).size() == 1);
    CHECK_FALSE(signed_by[0].empty());
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  }
}

TEST_CASE("systemd's credential stands in for the key file") {
  const test::TemporaryFolder folder, credentials;
  const auto made = TokenKeys::load_or_create(credentials.path());
  ::chmod((credentials.path() / "token.keys").c_str(), 0440);
  const test::Variable variable("CREDENTIALS_DIRECTORY", credentials.path().string());
  const auto handed_out = TokenKeys::load_or_create(folder.path());
  REQUIRE(handed_out);
  CHECK(handed_out->verify(Purpose::unsubscribe, made->sign(Purpose::unsubscribe, claims())));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "token.keys"));
}

TEST_CASE("a key file that others may read is refused with the command that mends it") {
  const test::TemporaryFolder folder;
  REQUIRE(TokenKeys::load_or_create(folder.path()));
  ::chmod((folder.path() / "token.keys").c_str(), 0644);
  const auto keys_read = TokenKeys::load_or_create(folder.path());
  REQUIRE_FALSE(keys_read);
  CHECK(keys_read.error().message.find("chmod 600") != std::string::npos);
}

TEST_CASE("a damaged key file is refused by its line") {
  const test::TemporaryFolder folder;
  const std::string secret(64, 'a');
  for (const auto& line : {std::string("1 abc"), "1x " + secret, "x " + secret, " " + secret,
                           "65536 " + secret, "-1 " + secret, "1 " + secret + "a", "1  " + secret,
                           "1 -" + secret.substr(1), std::string("")}) {
    folder.write("token.keys", line + "\n", 0600);
    const auto keys_read = TokenKeys::load_or_create(folder.path());
    CAPTURE(line);
    REQUIRE_FALSE(keys_read);
    CHECK(keys_read.error().message.find("token.keys:1: is no token key") != std::string::npos);
  }
  folder.write("token.keys", "1 " + secret + "\n", 0600);
  CHECK(TokenKeys::load_or_create(folder.path()));
}

TEST_CASE("a new key signs, and what the old ones signed still verifies") {
  test::TemporaryFolder folder;
  const auto old = TokenKeys::load_or_create(folder.path()).value();
  const auto token = old.sign(Purpose::unsubscribe, {Uid{1}, 2, 3});
  CHECK(TokenKeys::rotate(folder.path()).value() == 2);
  CHECK(TokenKeys::rotate(folder.path()).value() == 3);
  const auto keys = TokenKeys::load_or_create(folder.path()).value();
  CHECK(keys.verify(Purpose::unsubscribe, token) == TokenClaims{Uid{1}, 2, 3});
  CHECK_FALSE(old.verify(Purpose::unsubscribe, keys.sign(Purpose::unsubscribe, {Uid{1}, 2, 3})));
  const auto status = std::filesystem::status(folder.path() / "token.keys");
  CHECK(status.permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a faulty file of keys is not rotated") {
  test::TemporaryFolder folder;
  folder.write("token.keys", "nonsense\n");
  std::filesystem::permissions(
      folder.path() / "token.keys",
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  CHECK_FALSE(TokenKeys::rotate(folder.path()));
}
