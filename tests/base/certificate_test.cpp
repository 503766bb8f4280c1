#include "base/certificate.h"

#include <doctest/doctest.h>

#include "support/certificate.h"

using namespace postrider;

namespace {

const std::string good(test::certificate);

std::string wrong(const std::string& pem) {
  const auto count = count_certificates(pem);
  return count ? "" : count.error().message;
}

}  // namespace

TEST_CASE("certificates are counted, whatever stands between them") {
  CHECK(count_certificates(good) == 1);
  CHECK(count_certificates("A comment.\n" + good + "\nAnother one.\n" + good + "\n") == 2);
}

TEST_CASE("what is no certificate is told") {
  CHECK(wrong("") == "has no certificate in it");
  CHECK(wrong("hi") == "has no certificate in it");
  CHECK(wrong("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n") ==
        "has no certificate in it");
  CHECK(wrong("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") ==
        "its certificate number 1 is broken");
  CHECK(wrong(good + good.substr(0, good.size() / 2)) == "its certificate number 2 is broken");
}

TEST_CASE("until when a certificate is valid is the first one's") {
  CHECK(end_of_certificate(good) == parse_rfc3339("2126-10-31T22:27:37Z").value());
  CHECK_FALSE(end_of_certificate("hi"));
}
