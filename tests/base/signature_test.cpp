#include "base/signature.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "support/signer.h"
#include "support/temporary_folder.h"

using namespace postrider;
using test::CertificateWish;
using test::Signer;
using test::TestCertificate;

namespace {

const Instant today = parse_rfc3339("2022-01-10T13:00:00Z").value();
constexpr auto year = std::chrono::hours(24 * 365);

CertificateWish wish(const std::string& name, bool is_ca) {
  return {.name = name, .is_ca = is_ca, .from = today - year, .until = today + year};
}

/// A root that is trusted, one below it, and the certificate of that one that is to be proven.
struct Chain {
  test::TemporaryFolder folder;
  TestCertificate root{wish("Root", true), Signer::p256(), nullptr};
  TestCertificate middle{wish("Middle", true), Signer::p256(), &root};
  TestCertificate leaf{wish("sns.amazonaws.com", false), rsa(), &middle};
  std::string trusted = folder.write("root.pem", root.pem()).string();

  static Signer rsa() {
    static const auto key = Signer::rsa();
    return key;
  }
  std::string fault(const std::string& pem, const std::string& name = "sns.amazonaws.com",
                    Instant now = today) const {
    const auto proven = CertificateChain::parse(pem).value().prove(trusted, {name}, now);
    return proven ? "" : proven.error().message;
  }
};

}  // namespace

TEST_CASE("base64 is read in its one form alone") {
  for (const auto* const text : {"", "a", "ab", "abc", "abcd", "\xff\xfe?>"})
    CHECK(from_base64(base64(text)) == text);
  for (const auto* const text :
       {"YQ", "YQ=", "YR==", "Y-==", "YQ==\n", "====", "YWJj=", "YQ==YQ=="})
    CHECK_MESSAGE(!from_base64(text), text);
}

TEST_CASE("secrets are compared whole") {
  CHECK(equal_secrets("abc", "abc"));
  CHECK_FALSE(equal_secrets("abc", "abd"));
  CHECK_FALSE(equal_secrets("abc", "ab"));
}

TEST_CASE("a signature of ECDSA is good for its key and text alone") {
  const auto signer = Signer::p256();
  const auto key = PublicKey::of_p256(signer.public_key()).value();
  const auto signature = signer.sign("text");
  CHECK(key.verify(Digest::sha256, "text", signature));
  CHECK_FALSE(key.verify(Digest::sha256, "Text", signature));
  CHECK_FALSE(key.verify(Digest::sha1, "text", signature));
  CHECK_FALSE(key.verify(Digest::sha256, "text", ""));
  CHECK_FALSE(key.verify(Digest::sha256, "text", Signer::p256().sign("text")));
}

TEST_CASE("what is no key of P-256 is refused") {
  CHECK_FALSE(PublicKey::of_p256(""));
  CHECK_FALSE(PublicKey::of_p256("a key"));
  CHECK_FALSE(PublicKey::of_p256(Chain::rsa().public_key()));
  CHECK_FALSE(PublicKey::of_p256(Signer::p256().public_key() + "x"));
}

TEST_CASE("a chain to a trusted root proves its first key") {
  const Chain chain;
  CHECK(chain.fault(chain.leaf.pem() + chain.middle.pem()) == "");
  const auto key = CertificateChain::parse(chain.leaf.pem() + chain.middle.pem())
                       .value()
                       .prove(chain.trusted, {"other.example", "sns.amazonaws.com"}, today);
  REQUIRE(key);
  CHECK(key->verify(Digest::sha1, "text", Chain::rsa().sign("text", Digest::sha1)));
  CHECK(key->verify(Digest::sha256, "text", Chain::rsa().sign("text")));
  CHECK_FALSE(key->verify(Digest::sha256, "other", Chain::rsa().sign("text")));
}

TEST_CASE("a chain with a gap is closed by what is fetched") {
  const Chain chain;
  auto parsed = CertificateChain::parse(chain.leaf.pem()).value();
  CHECK_FALSE(parsed.prove(chain.trusted, {"sns.amazonaws.com"}, today));
  CHECK_FALSE(parsed.add("no certificate"));
  CHECK(parsed.add(chain.middle.der()));
  CHECK(parsed.prove(chain.trusted, {"sns.amazonaws.com"}, today));
}

TEST_CASE("an issuer's address is told where it stands") {
  const TestCertificate root(wish("Root", true), Signer::p256(), nullptr);
  auto asked = wish("a.example", false);
  asked.issuer_url = "http://crt.amazontrust.com/a.cer";
  const TestCertificate leaf(asked, Chain::rsa(), &root);
  CHECK(CertificateChain::parse(leaf.pem())->issuer_url() == "http://crt.amazontrust.com/a.cer");
  CHECK(CertificateChain::parse(root.pem())->issuer_url() == "");
}

TEST_CASE("a chain is not believed for another name, at another time, or by another root") {
  const Chain chain, other;
  const auto pem = chain.leaf.pem() + chain.middle.pem();
  CHECK(chain.fault(pem, "sns.example") != "");
  CHECK(chain.fault(pem, "amazonaws.com") != "");
  CHECK(chain.fault(pem, "sns.amazonaws.com", today + 2 * year) != "");
  CHECK(chain.fault(pem, "sns.amazonaws.com", today - 2 * year) != "");
  CHECK(other.fault(pem) != "");
  CHECK_FALSE(CertificateChain::parse(pem)->prove(chain.trusted, {}, today));
  CHECK_FALSE(CertificateChain::parse("-----BEGIN CERTIFICATE-----\nAAAA\n"));
}
