#include <doctest/doctest.h>

#include "base/text.h"
#include "daemon/mailbox/fake_imap.h"
#include "daemon/mailbox/mailbox.h"
#include "daemon/mailbox/reading.h"
#include "support/stop.h"
#include "support/temporary_folder.h"

using namespace postrider;
using namespace postrider::daemon::mailbox;
using namespace std::chrono_literals;
using test::FakeImap;
using test::fetch;
using test::fetched;
using test::has;
using test::Ids;
using test::Odd;
using test::open;
using test::trouble;
using Peer = FakeImap::Peer;

namespace {

/// A hook that answers the commands that begin so, and ends the connection where `drops`.
auto says(std::string begin, std::string answer, Odd what = Odd::answered) {
  return [=](Peer& peer, const std::string& tag, const std::string& command) {
    if (!command.starts_with(begin)) return Odd::no;
    peer.say(replace_all(answer, "TAG", tag));
    return what;
  };
}

}  // namespace

TEST_CASE("an IMAP mailbox gives what is not known, oldest first, and leaves no trace") {
  FakeImap imap{{{3, "three"}, {5, "five\r\n"}, {9, ""}}};
  const auto mailbox = open(imap.settings());
  CHECK(fetch(*mailbox, 2) == Ids{"7/3", "7/5"});
  CHECK(fetch(*mailbox, 2, {"7/3", "7/5"}) == Ids{"7/9"});
  CHECK(fetch(*mailbox, 2, {"7/3", "7/5", "7/9"}).empty());
  CHECK(mailbox->waiting() == 3);
  const auto all = fetched(*mailbox);
  REQUIRE(all.size() == 3);
  CHECK(all[0].bytes == "three");
  CHECK(all[1].bytes == "five\r\n");
  CHECK(all[2].bytes.empty());
  CHECK(imap.heard("SELECT") == 0);
  CHECK(imap.heard("STORE") == 0);
  CHECK(imap.heard("BODY[]") == 0);
}

TEST_CASE("an empty IMAP mailbox is no error") {
  FakeImap imap{{}};
  const auto mailbox = open(imap.settings());
  CHECK(fetched(*mailbox).empty());
  CHECK(mailbox->waiting() == 0);
}

TEST_CASE("a large IMAP mailbox is listed in portions, and only as far as needed") {
  FakeImap imap{{}};
  imap.locked([&] {
    for (std::uint32_t i = 1; i <= 2500; ++i) imap.mails[i * 3] = "mail " + std::to_string(i);
  });
  const auto mailbox = open(imap.settings());
  CHECK(fetch(*mailbox, 250).size() == 250);
  CHECK(imap.heard("FETCH 1001:") == 0);
  CHECK(imap.heard("UID FETCH") == 3);  // a hundred in each
  const auto last = mailbox->fetch(10, [](const std::string& id) { return id != "7/7500"; });
  REQUIRE(last->size() == 1);
  CHECK(last->front().bytes == "mail 2500");
  CHECK(imap.heard("FETCH 2001:2500") == 1);
  CHECK(mailbox->waiting() == 2500);
}

TEST_CASE("IMAP messages are removed for good, and nothing else is") {
  FakeImap imap{{{3, "three"}, {5, "five"}, {9, "nine"}}};
  // By somebody else, who has not expunged.
  imap.locked([&] { imap.deleted = {9}; });
  const auto mailbox = open(imap.settings());
  CHECK(mailbox->remove({"7/3", "7/4", "6/5", "7/", "7/5x", "nonsense"}).has_value());
  CHECK(imap.left() == std::vector<std::uint32_t>{5, 9});
  CHECK(mailbox->remove({"7/3"}).has_value());
  CHECK(mailbox->remove({}).has_value());

  SUBCASE("without UIDPLUS too") {
    imap.locked([&] {
      imap.capabilities = "IMAP4rev1";
      imap.deleted.clear();
    });
    CHECK(mailbox->remove({"7/5"}).has_value());
    CHECK(imap.left() == std::vector<std::uint32_t>{9});
  }
}

TEST_CASE("after a change of UIDVALIDITY all is new, and old names remove nothing") {
  FakeImap imap{{{3, "three"}}};
  const auto mailbox = open(imap.settings());
  CHECK(fetch(*mailbox, 9) == Ids{"7/3"});
  imap.locked([&] { imap.validity = "8"; });
  CHECK(fetch(*mailbox, 9, {"7/3"}) == Ids{"8/3"});
  CHECK(mailbox->remove({"7/3"}).has_value());
  CHECK(imap.left().size() == 1);
}

TEST_CASE("what came whole before an IMAP server hung up is kept, and the rest comes later") {
  FakeImap imap{{{1, "one"}, {2, "two"}, {3, "three"}, {4, "four"}}};
  imap.behave(says("UID FETCH",
                   FakeImap::fetched(1, 1, "one") + FakeImap::fetched(2, 2, "two") +
                       "* 3 FETCH (UID 3 BODY[]<0> {5}\r\nth",
                   Odd::drop));
  const auto mailbox = open(imap.settings());
  CHECK(fetch(*mailbox, 9) == Ids{"7/1", "7/2"});
  imap.behave({});
  // What may have been the cause comes last.
  CHECK(fetch(*mailbox, 9, {"7/1", "7/2"}) == Ids{"7/4"});
  CHECK(fetch(*mailbox, 9, {"7/1", "7/2", "7/4"}) == Ids{"7/3"});
}

TEST_CASE("an IMAP message that the server cannot give does not keep back the others") {
  FakeImap imap{{{1, "one"}, {2, "two"}, {3, "three"}}};
  imap.behave([](Peer&, const std::string&, const std::string& command) {
    return command.starts_with("UID FETCH 1") ? Odd::drop : Odd::no;
  });
  const auto mailbox = open(imap.settings());
  CHECK(has(trouble(*mailbox), "closed the connection"));
  CHECK(fetch(*mailbox, 1) == Ids{"7/2"});
  CHECK(fetch(*mailbox, 1, {"7/2"}) == Ids{"7/3"});
  CHECK(has(fetch(*mailbox, 1, {"7/2", "7/3"}).at(0), "closed the connection"));
}

TEST_CASE("a fetch that an IMAP server refuses is an error only where nothing came") {
  FakeImap imap{{{1, "one"}, {2, "two"}}};
  const auto mailbox = open(imap.settings());
  imap.behave(says("UID FETCH", "TAG NO [SERVERBUG] Internal error\r\n"));
  CHECK(has(trouble(*mailbox), "refuses the fetching: NO [SERVERBUG] Internal error"));
  imap.behave(says("UID FETCH", FakeImap::fetched(1, 2, "two") + "TAG NO one is gone\r\n"));
  CHECK(fetch(*mailbox, 9) == Ids{"7/2"});
  imap.behave(says("UID FETCH", "TAG OK none of them is left\r\n"));
  CHECK(fetch(*mailbox, 9).empty());
}

TEST_CASE("of an IMAP message that is too large only the beginning is read") {
  const std::string large(largest_message + 500, 'x');
  const std::string small(70, 'y');
  FakeImap imap{{{1, small}, {2, large}}};
  SUBCASE("") {}
  SUBCASE("where the server gives all of it as well") {
    imap.behave(says("UID FETCH", FakeImap::fetched(1, 1, small) + FakeImap::fetched(2, 2, large) +
                                      "TAG OK\r\n"));
  }
  const auto mailbox = open(imap.settings());
  const auto all = fetched(*mailbox);
  REQUIRE(all.size() == 2);
  CHECK(all[0].bytes == small);
  CHECK(all[1].bytes.size() == largest_message);
}

TEST_CASE("a round over IMAP ends when it is large enough") {
  FakeImap imap{{}};
  imap.locked([&] {
    for (std::uint32_t uid = 1; uid <= 6; ++uid)
      imap.mails[uid] = std::string(largest_round * 2 / 7, 'x');
  });
  const auto mailbox = open(imap.settings());
  CHECK(fetch(*mailbox, 9) == Ids{"7/1", "7/2", "7/3", "7/4"});
  CHECK(fetch(*mailbox, 9, {"7/1", "7/2", "7/3", "7/4"}) == Ids{"7/5", "7/6"});
}

TEST_CASE("an IMAP server that lies or never ends is broken off") {
  FakeImap imap{{{1, "one"}}};
  const std::string endless(40'000, 'x');
  const auto mailbox = open(imap.settings());
  SUBCASE("sizes") {
    imap.behave(says("UID FETCH", "* 1 FETCH (UID 1 BODY[]<0> {99999999999}\r\n"));
    CHECK(has(trouble(*mailbox), "sends a mail of 99999999999 octets"));
  }
  SUBCASE("lines") {
    imap.behave(says("EXAMINE", "* OK " + endless));
    CHECK(has(trouble(*mailbox), "sends a line without end"));
  }
  SUBCASE("responses") {
    std::string response = "* 1 FETCH (UID 1 BODY[]<0> {1}\r\nx";
    for (int i = 0; i < 10; ++i) response += " A" + std::string(10'000, 'a') + " {1}\r\nx";
    imap.behave(says("UID FETCH", response));
    CHECK(has(trouble(*mailbox), "sends a response without end"));
  }
  SUBCASE("listings") {
    std::string listing;
    for (int uid = 1; uid < 5000; ++uid)
      listing += "* 1 FETCH (UID " + std::to_string(uid) + ")\r\n";
    imap.behave(says("FETCH", listing));
    CHECK(has(trouble(*mailbox), "lists more than it was asked for"));
  }
  SUBCASE("counts") {
    imap.behave(says("EXAMINE", "* OK [UIDVALIDITY 7]\r\n* 4294967295 EXISTS\r\nTAG OK\r\n"));
    CHECK(fetch(*mailbox, 9) == Ids{"7/1"});
    CHECK(mailbox->waiting() == 4294967295);
  }
  SUBCASE("other mails than were asked for") {
    imap.behave(says("UID FETCH", FakeImap::fetched(1, 8, "eight") +
                                      FakeImap::fetched(1, 1, "one") +
                                      FakeImap::fetched(1, 1, "one again") +
                                      "* 1 FETCH (FLAGS (\\Seen))\r\nTAG OK\r\n"));
    const auto all = fetched(*mailbox);
    REQUIRE(all.size() == 1);
    CHECK(all[0].bytes == "one");
  }
  SUBCASE("words") {
    imap.behave(says("EXAMINE", "HTTP/1.1 400 Bad Request\r\n"));
    CHECK(has(trouble(*mailbox), "does not speak IMAP: HTTP/1.1 400 Bad Request"));
  }
  SUBCASE("silence") {
    imap.behave(says("EXAMINE", ""));
    const auto impatient = open(imap.settings(), {.answer = 50ms});
    CHECK(has(trouble(*impatient), "did not answer in time"));
  }
  SUBCASE("slowness") {
    imap.behave(says("EXAMINE", "* OK patience\r\n* OK patience\r\n"));
    const auto impatient = open(imap.settings(), {.session = 0ms});
    CHECK(has(trouble(*impatient), "takes too long"));
  }
}

TEST_CASE("what an IMAP server refuses is told in its words") {
  FakeImap imap{{{1, "one"}}};
  const auto mailbox = open(imap.settings());
  SUBCASE("the log-in") {
    imap.behave(says("LOGIN", "TAG NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"));
    CHECK(has(trouble(*mailbox), "refuses the log-in; look at username"));
    CHECK(has(trouble(*mailbox), "[AUTHENTICATIONFAILED] Authentication failed."));
    CHECK(has(mailbox->remove({"7/1"}).error().message, "refuses the log-in"));
  }
  SUBCASE("the log-in, which it repeats") {
    imap.behave(says("LOGIN", "TAG NO what is hunter2?\r\n"));
    CHECK(has(trouble(*mailbox), "NO what is ***?"));
  }
  SUBCASE("the folder") {
    imap.behave(says("EXAMINE", "TAG NO [NONEXISTENT] Unknown Mailbox\r\n"));
    CHECK(has(trouble(*mailbox), "refuses to open the folder INBOX: NO [NONEXISTENT] Unknown"));
  }
  SUBCASE("us") {
    imap.behave(says("EXAMINE", "* BYE Too many connections\r\n", Odd::drop));
    CHECK(has(trouble(*mailbox), "ends the session: * BYE Too many connections"));
  }
  SUBCASE("the deletion") {
    imap.behave(says("UID STORE", "TAG NO no\r\n"));
    CHECK(has(mailbox->remove({"7/1"}).error().message, "refuses the deletion: NO no"));
  }
  SUBCASE("the deletion, by what it opens") {
    imap.locked([&] { imap.opened = "[READ-ONLY]"; });
    CHECK(has(mailbox->remove({"7/1"}).error().message, "lets us only read INBOX"));
    CHECK(fetch(*mailbox, 9) == Ids{"7/1"});
  }
  SUBCASE("lasting numbers") {
    imap.behave(says("EXAMINE", "* 1 EXISTS\r\nTAG OK\r\n"));
    CHECK(has(trouble(*mailbox), "does not number the mails of INBOX for good"));
    imap.behave(
        says("SELECT", "* OK [UIDVALIDITY 7]\r\n* NO [UIDNOTSTICKY] they change\r\nTAG OK\r\n"));
    CHECK(has(mailbox->remove({"7/1"}).error().message, "does not number the mails"));
    CHECK(imap.left().size() == 1);
  }
}

TEST_CASE("without STARTTLS an IMAP server does not see the log-in where TLS is required") {
  FakeImap imap{{{1, "one"}}};
  auto settings = imap.settings();
  settings.tls = config::Tls::required;
  CHECK(has(trouble(*open(settings)), "gives no TLS (STARTTLS)"));
  imap.behave(says("STARTTLS", "TAG NO not today\r\n"));
  imap.locked([&] { imap.capabilities += " STARTTLS"; });
  CHECK(has(trouble(*open(settings)), "gives no TLS (STARTTLS); its last words were: "));
  settings.kind = config::MailboxKind::imaps;
  CHECK(has(trouble(*open(settings)), "does not speak TLS as expected"));
  CHECK(imap.heard("LOGIN") == 0);
  CHECK(imap.heard("AUTHENTICATE") == 0);
}

TEST_CASE("a server that is not there, is silent or says nothing of IMAP is no mailbox") {
  SUBCASE("not there") {
    auto settings = FakeImap{{}}.settings();
    CHECK(has(trouble(*open(settings)), "refuses the connection"));
  }
  SUBCASE("silent") {
    FakeImap imap{{}};
    imap.behave(says("CAPABILITY", ""));
    CHECK(has(trouble(*open(imap.settings(), {.connect = 100ms})), "did not answer in time"));
  }
  SUBCASE("unwelcoming") {
    const test::ScriptedServer server([](Peer& peer) { peer.say("* BYE go away\r\n"); });
    auto settings = FakeImap{{}}.settings();
    settings.port = server.port();
    CHECK(has(trouble(*open(settings)), "does not welcome us; its last words were: * BYE go away"));
  }
}

TEST_CASE("the daemon's end ends a session with an IMAP server") {
  const auto stop = test::make_stop();
  FakeImap imap{{{1, "one"}}};
  std::string at = "CAPABILITY";
  SUBCASE("at the log-in") {}
  SUBCASE("later") { at = "EXAMINE"; }
  imap.behave([&](Peer&, const std::string&, const std::string& command) {
    if (!command.starts_with(at)) return Odd::no;
    stop->request_stop();
    return Odd::answered;  // with silence
  });
  const auto mailbox = open(imap.settings(), {}, stop->get_token());
  CHECK(trouble(*mailbox) == "the daemon is ending");
  CHECK(trouble(*mailbox) == "the daemon is ending");
}

TEST_CASE("an access token that an IMAP server refuses is fetched anew, once") {
  const test::TemporaryFolder folder;
  FakeImap imap{{{1, "one"}}};
  imap.locked([&] { imap.capabilities += " AUTH=XOAUTH2 AUTH=PLAIN SASL-IR"; });
  std::string wanted = "one";
  imap.behave([&](Peer& peer, const std::string& tag, const std::string& command) {
    if (!command.starts_with("AUTHENTICATE")) return Odd::no;
    const auto login = base64(
        "user=bounces\x01"
        "auth=Bearer " +
        wanted + "\x01\x01");
    if (command == "AUTHENTICATE XOAUTH2 " + login) return Odd::no;
    peer.say(tag + " NO [AUTHENTICATIONFAILED] Expired\r\n");
    return Odd::answered;
  });
  auto settings = imap.settings();
  settings.auth = config::Auth::xoauth2;
  settings.token_file = folder.write("token", "one\n", 0600);
  const auto mailbox = open(settings);
  CHECK(fetch(*mailbox, 9) == Ids{"7/1"});
  imap.locked([&] { wanted = "two"; });
  folder.write("token", "two\n", 0600);
  CHECK(fetch(*mailbox, 9) == Ids{"7/1"});
  imap.locked([&] { wanted = "three"; });
  CHECK(has(trouble(*mailbox), "refuses the log-in"));
  CHECK(imap.heard("LOGIN") == 0);
}

TEST_CASE("an IMAP folder of any name is opened") {
  FakeImap imap{{{1, "one"}}};
  auto settings = imap.settings();
  settings.folder = "Rückläufer \"a\"";
  CHECK(fetch(*open(settings), 9) == Ids{"7/1"});
  CHECK(imap.heard(R"(EXAMINE "R&APw-ckl&AOQ-ufer \"a\"")") == 1);
}
