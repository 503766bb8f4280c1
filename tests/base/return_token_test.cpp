// The tokens of base/return_token.cpp.
#include <algorithm>
#include <cctype>
#include <doctest/doctest.h>

#include "base/token.h"

using namespace postrider;

namespace {

TokenKeys return_keys() {
  return TokenKeys({{7, std::string(32, 'k')}, {6, std::string(32, 'o')}});
}

constexpr ReturnClaims mail_claims{0x1122334455667788, {1, 2, 3, 4, 5, 6, 7, 8}};

}  // namespace

TEST_CASE("a token in an address gives back whose mail it is") {
  const auto token = return_keys().sign_return(Purpose::returned, mail_claims);
  CHECK(token.size() == return_token_length);
  CHECK(return_keys().verify_return(Purpose::returned, token) == mail_claims);
}

TEST_CASE("a token in an address is found in whatever case a server writes it") {
  auto token = return_keys().sign_return(Purpose::returned, mail_claims);
  std::transform(token.begin(), token.end(), token.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  CHECK(return_keys().verify_return(Purpose::returned, token) == mail_claims);
  token[3] = static_cast<char>(std::tolower(static_cast<unsigned char>(token[3])));
  CHECK(return_keys().verify_return(Purpose::returned, token) == mail_claims);
}

TEST_CASE("a token in an address is for one purpose") {
  CHECK_FALSE(return_keys().verify_return(
      Purpose::leave_by_mail, return_keys().sign_return(Purpose::returned, mail_claims)));
}

TEST_CASE("a retired key still verifies a token in an address, a foreign one does not") {
  const auto old =
      TokenKeys({{6, std::string(32, 'o')}}).sign_return(Purpose::returned, mail_claims);
  CHECK(return_keys().verify_return(Purpose::returned, old) == mail_claims);
  const auto foreign =
      TokenKeys({{6, std::string(32, 'x')}}).sign_return(Purpose::returned, mail_claims);
  CHECK_FALSE(return_keys().verify_return(Purpose::returned, foreign));
}

TEST_CASE("no token in an address can be changed, cut or lengthened") {
  const auto token = return_keys().sign_return(Purpose::returned, mail_claims);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : std::string_view("az27Q019+=-. \n")) {
      auto changed = token;
      if (std::tolower(static_cast<unsigned char>(c)) == changed[i]) continue;
      changed[i] = c;
      CHECK_FALSE(return_keys().verify_return(Purpose::returned, changed));
    }
    CHECK_FALSE(return_keys().verify_return(Purpose::returned, token.substr(0, i)));
  }
  CHECK_FALSE(return_keys().verify_return(Purpose::returned, token + "a"));
}

TEST_CASE("a reader is known in an address by the beginning of their random id") {
  CHECK(return_claims(mail_claims.context, Uid{1, 2, 3, 4, 5, 6, 7, 8, 9}) == mail_claims);
}

TEST_CASE("an inert token in an address looks like one and says nothing") {
  const auto token = inert_return_token();
  CHECK(token.size() == return_token_length);
  CHECK_FALSE(return_keys().verify_return(Purpose::returned, token));
  CHECK_FALSE(return_keys().verify_return(Purpose::leave_by_mail, token));
}
