// The section [bounces].
#include <doctest/doctest.h>

#include "config/sample_newsletter.h"
#include "config/settings.h"

using namespace postrider;
using namespace postrider::test;
using config::MailboxKind;

namespace {

constexpr std::string_view address = "address = \"bounces@report.example\"\n";
constexpr std::string_view password = "username = \"b\"\npassword_file = \"pw\"\n";

tl::expected<config::Settings, Faults> load_section(const std::string& lines) {
  const NewsletterFolder folder;
  std::filesystem::permissions(folder.write("pw", "secret"), std::filesystem::perms::owner_read);
  return config::load_settings(
      folder.write("postrider.toml", std::string(newsletter) + "[bounces]\n" + lines));
}

config::Bounces bounces_of(const std::string& lines) {
  const auto settings = load_section(lines);
  CAPTURE(settings ? "" : listing(settings.error()));
  REQUIRE(settings);
  CHECK(listing(settings->warnings) == "");
  return settings->bounces;
}

config::Mailbox mailbox_of(const std::string& url) {
  const bool server = !url.starts_with("maildir:");
  return bounces_of(std::string(address) + "mailbox = \"" + url + "\"\n" +
                    std::string(server ? password : ""))
      .mailbox.value();
}

/// "key: message" of the one fault or warning.
std::string fault_of(const std::string& lines) {
  const auto settings = load_section(lines);
  const auto& faults = settings ? settings->warnings : settings.error();
  CAPTURE(listing(faults));
  REQUIRE(faults.size() == 1);
  return faults[0].where + ": " + faults[0].message;
}

std::string told_of_mailbox(const std::string& url, std::string_view more = password) {
  return fault_of(std::string(address) + "mailbox = \"" + url + "\"\n" + std::string(more));
}

}  // namespace

TEST_CASE("without an address nothing is made of what comes back") {
  CHECK(bounces_of("").address.empty());
  CHECK_FALSE(bounces_of("address = \"\"\nmailbox = \"\"\n").mailbox);
}

TEST_CASE("a mailbox is known by its url") {
  const auto imaps = mailbox_of("imaps://imap.example/Returned/Mail");
  CHECK(imaps.kind == MailboxKind::imaps);
  CHECK(imaps.host == "imap.example");
  CHECK(imaps.port == 993);
  CHECK(imaps.folder == "Returned/Mail");
  CHECK(imaps.username == "b");
  CHECK(imaps.password == "secret");
  CHECK(imaps.tls == config::Tls::required);
  CHECK(mailbox_of("imap://imap.example:1143").port == 1143);
  CHECK(mailbox_of("imap://imap.example/").folder == "INBOX");
  CHECK(mailbox_of("pop3s://[::1]").host == "[::1]");
  CHECK(mailbox_of("pop3s://pop.example").port == 995);
  CHECK(mailbox_of("pop3://pop.example").port == 110);
  CHECK(mailbox_of("maildir:/var/mail/bounces").directory == "/var/mail/bounces");
  CHECK(mailbox_of("maildir:bounces").directory.is_absolute());
}

TEST_CASE("how often the mailbox is looked into has a default and its bounds") {
  CHECK(mailbox_of("maildir:b").every == std::chrono::minutes(1));
  const auto every = [](const std::string& span) {
    return std::string(address) + "mailbox = \"maildir:b\"\nevery = \"" + span + "\"\n";
  };
  CHECK(bounces_of(every("5s")).mailbox->every == std::chrono::seconds(5));
  CHECK(
      fault_of(every("1s")).starts_with("bounces.every: 1s is out of range; write a span from 5s"));
}

TEST_CASE("the address leaves room for a token and needs no quotes") {
  for (const auto* good : {"sixteen-letters_@report.example", "B.o@r.example"})
    CHECK_MESSAGE(load_section("address = \"" + std::string(good) + "\"\n"), good);
  CHECK(fault_of("address = \"seventeen-letters@report.example\"\n")
            .starts_with("bounces.address: has more than 16 characters before the @"));
  for (const auto* bad :
       {"a+b@r.example", "a%b@r.example", "\\\"a b\\\"@r.example", "жук@r.example"})
    CHECK_MESSAGE(fault_of("address = \"" + std::string(bad) + "\"\n")
                      .starts_with("bounces.address: has more before the @ than letters"),
                  bad);
}

TEST_CASE("an address without a mailbox is a warning") {
  CHECK(fault_of(std::string(address)).starts_with("bounces.mailbox: is missing, so nobody reads"));
}

TEST_CASE("a mail server delivers to a socket of this machine, and no mailbox is missed") {
  const auto lmtp = [](const std::string& value) {
    return std::string(address) + "lmtp = \"" + value + "\"\n";
  };
  const auto by_tcp = bounces_of(lmtp("127.0.0.1:2424")).lmtp;
  CHECK(by_tcp.listen == "127.0.0.1:2424");
  CHECK(by_tcp.host == "127.0.0.1");
  CHECK(by_tcp.port == 2424);
  CHECK(bounces_of(lmtp("[::1]:2424")).lmtp.host == "::1");
  CHECK(bounces_of(lmtp("localhost:2424")).lmtp.host == "localhost");
  const auto by_socket = bounces_of(lmtp("unix:lmtp.sock")).lmtp;
  CHECK(by_socket.host.empty());
  CHECK(by_socket.unix_path.is_absolute());
  for (const auto* open : {"192.0.2.1:2424", "0.0.0.0:2424", "[::]:2424", "mx.example:2424"})
    CHECK_MESSAGE(fault_of(lmtp(open))
                      .starts_with("bounces.lmtp: \"" + std::string(open) +
                                   "\" can be reached from other machines"),
                  open);
  for (const auto* none : {"127.0.0.1", "2424", "lmtp.sock", "tcp:127.0.0.1:24"})
    CHECK_MESSAGE(fault_of(lmtp(none))
                          .find("is no address to listen on; write HOST:PORT such as "
                                "\"127.0.0.1:2424\"") != std::string::npos,
                  none);
  CHECK(fault_of(lmtp("unix:")).starts_with("bounces.lmtp: names no socket"));
  CHECK(fault_of("lmtp = \"127.0.0.1:2424\"\n").starts_with("bounces.lmtp: needs the address"));
  CHECK(fault_of(lmtp("")).starts_with("bounces.mailbox: is missing"));
}

TEST_CASE("a mailbox needs an address, and a server a log-in") {
  CHECK(fault_of("mailbox = \"maildir:b\"\n").starts_with("bounces.mailbox: needs an address"));
  CHECK(told_of_mailbox("imaps://imap.example", "").starts_with("bounces.mailbox: needs a log-in"));
  CHECK(told_of_mailbox("imaps://imap.example", "username = \"b\"\n")
            .find("add password_file = \"secrets/imap-password\"") != std::string::npos);
}

TEST_CASE("what is no mailbox is refused with one that is") {
  for (const auto* url : {"imap.example", "http://imap.example", "maildir:", "imaps://",
                          "imaps:///x", "imaps://bob@imap.example", "pop3s://pop.example/INBOX"})
    CHECK_MESSAGE(told_of_mailbox(url).starts_with("bounces.mailbox: "), url);
}

TEST_CASE("a log-in in clear goes to this machine only") {
  const std::string clear = std::string(password) + "tls = \"none\"\n";
  CHECK(told_of_mailbox("imap://imap.example", clear).starts_with("bounces.tls: anything but"));
  CHECK(load_section(std::string(address) + "mailbox = \"imap://localhost\"\n" + clear));
  CHECK(told_of_mailbox("imaps://imap.example", clear)
            .starts_with("bounces.tls: this mailbox is always read over TLS"));
}

TEST_CASE("keys that a folder has no use for are a warning there") {
  CHECK(told_of_mailbox("maildir:b", "tls = \"required\"\n") ==
        "bounces.tls: does nothing where the mailbox is a folder");
}

TEST_CASE("people's replies are sent on unless the settings say otherwise") {
  CHECK(bounces_of("").forward_replies);
  CHECK_FALSE(bounces_of("forward_replies = false\n").forward_replies);
  CHECK(fault_of("forward_replies = \"no\"\n").find("forward_replies") != std::string::npos);
}

TEST_CASE("an address that readers write to, or of a foreign domain, is a warning") {
  const auto with = [](const std::string& written) {
    return fault_of("address = \"" + written + "\"\nmailbox = \"maildir:b\"\n");
  };
  CHECK(with("Joe@report.example").starts_with("bounces.address: is publication.from, so that"));
  CHECK(with("bounces@other.example")
            .starts_with("bounces.address: is in another domain than publication.from"));
  CHECK(bounces_of("address = \"b@back.report.example\"\nmailbox = \"maildir:b\"\n").address ==
        "b@back.report.example");
}

TEST_CASE("LMTP listens elsewhere than the pages") {
  const auto lmtp = [](const std::string& value) {
    return std::string(address) + "lmtp = \"" + value + "\"\n";
  };
  for (const auto* taken : {"127.0.0.1:8025", "localhost:8025"})
    CHECK_MESSAGE(
        fault_of(lmtp(taken)) == "bounces.lmtp: is where [http] listens; write another address",
        taken);
  CHECK(bounces_of(lmtp("127.0.0.1:8024")).lmtp.port == 8024);
  CHECK(bounces_of(lmtp("[::1]:8025")).lmtp.port == 8025);
}
