#include "mail/dkim.h"

#include <cstdio>
#include <doctest/doctest.h>

#include "base/text.h"
#include "mail/relaxed_body.h"
#include "support/temporary_folder.h"

using namespace postrider;
using namespace postrider::mail;
using postrider::test::relaxed_body;

namespace {

const Instant now = parse_rfc3339("2022-01-10T13:00:00Z").value();

const std::string header =
    "From: Joe <joe@report.example>\r\nTo: ada@r.example\r\nSubject: =?UTF-8?B?w7w=?=\r\n  "
    "folded\r\n"
    "Date: Mon, 10 Jan 2022 13:00:00 +0000\r\nMessage-ID: <a@report.example>\r\n"
    "List-Unsubscribe: <https://n.example/unsubscribe/x>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n";
const std::string body = "Hello,  there \r\n\r\nbye\r\n\r\n\r\n";

std::string signed_mail(DkimAlgorithm algorithm, std::string& record) {
  const auto pem = generate_dkim_key(algorithm);
  record = dkim_record(pem, "report.example", "sel").value();
  const auto signer = DkimSigner::make(pem, "report.example", "sel");
  REQUIRE(signer);
  CHECK(signer->algorithm() == algorithm);
  return signer->sign(header, sha256(relaxed_body(body)), now) + header + "\r\n" + body;
}

/// dkimpy's verdict on a message, given the record's strings.
bool verifies(const std::string& mail, const std::string& record) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("mail", mail);
  std::string text;
  for (std::size_t at = record.find('"'); at != std::string::npos; at = record.find('"', at + 1)) {
    const auto end = record.find('"', at + 1);
    text += record.substr(at + 1, end - at - 1);
    at = end;
  }
  const auto script = folder.write(
      "verify.py",
      "import dkim, sys\nrecord = sys.argv[2].encode()\n"
      "sys.exit(0 if dkim.verify(open(sys.argv[1], 'rb').read(), dnsfunc=lambda name, **k: record) "
      "else 1)\n");
  return std::system(("/usr/bin/python3 " + script.string() + " " + file.string() + " '" + text +
                      "' 2>/dev/null")
                         .c_str()) == 0;
}

}  // namespace

TEST_CASE("dkimpy verifies both signatures, and neither after a change") {
  for (const auto algorithm : {DkimAlgorithm::rsa_sha256, DkimAlgorithm::ed25519_sha256}) {
    std::string record;
    const auto mail = signed_mail(algorithm, record);
    CHECK(verifies(mail, record));
    auto other_body = mail;
    other_body.replace(other_body.find("bye"), 3, "buy");
    CHECK_FALSE(verifies(other_body, record));
    auto other_subject = mail;
    other_subject.replace(other_subject.find("folded"), 6, "bolded");
    CHECK_FALSE(verifies(other_subject, record));
    // Oversigned: nobody adds a second one.
    CHECK_FALSE(verifies("From: Eve <eve@report.example>\r\n" + mail, record));
    CHECK_FALSE(verifies("Reply-To: eve@report.example\r\n" + mail, record));
  }
}

TEST_CASE("a signature's own lines stay short") {
  std::string record;
  const auto mail = signed_mail(DkimAlgorithm::rsa_sha256, record);
  for (const auto line : split(mail.substr(0, mail.find("From: Joe")), '\n'))
    CHECK(line.size() <= 79);
}

TEST_CASE("records come in strings that DNS can hold") {
  std::string record;
  signed_mail(DkimAlgorithm::rsa_sha256, record);
  CHECK(record.starts_with("sel._domainkey.report.example. IN TXT ( \"v=DKIM1; k=rsa; p="));
  CHECK(record.ends_with("\" )"));
  std::size_t strings = 0;
  for (std::size_t at = record.find('"'); at != std::string::npos; at = record.find('"', at + 1)) {
    const auto end = record.find('"', at + 1);
    CHECK(end - at - 1 <= 255);
    ++strings;
    at = end;
  }
  CHECK(strings == 2);
}

TEST_CASE("weak, foreign and broken keys are refused") {
  const auto refused = [](std::string_view pem) {
    return !DkimSigner::make(pem, "report.example", "sel");
  };
  CHECK(refused(""));
  CHECK(refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  const test::TemporaryFolder folder;
  const auto made = [&](const std::string& arguments) {
    const auto file = folder.path() / "key.pem";
    REQUIRE(std::system(("openssl genpkey " + arguments + " -out " + file.string() + " 2>/dev/null")
                            .c_str()) == 0);
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  CHECK(refused(made("-algorithm RSA -pkeyopt rsa_keygen_bits:1024")));
  CHECK(refused(made("-algorithm EC -pkeyopt ec_paramgen_curve:P-256")));
  CHECK(refused(made("-algorithm RSA -aes128 -pass pass:secret")));
  CHECK_FALSE(refused(made("-algorithm RSA -pkeyopt rsa_keygen_bits:2048")));
}

TEST_CASE("the relaxed body is that of RFC 6376") {
  CHECK(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n") == " C\r\nD E\r\n");
  CHECK(relaxed_body("") == "");
  CHECK(relaxed_body("\r\n\r\n") == "");
  CHECK(relaxed_body("a") == "a\r\n");
}
