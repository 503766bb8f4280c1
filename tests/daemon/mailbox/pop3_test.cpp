#include <doctest/doctest.h>

#include "daemon/mailbox/fake_pop3.h"
#include "daemon/mailbox/mailbox.h"
#include "daemon/mailbox/reading.h"
#include "support/stop.h"

using namespace postrider;
using namespace postrider::daemon::mailbox;
using namespace std::chrono_literals;
using test::FakePop3;
using test::fetch;
using test::fetched;
using test::has;
using test::Ids;
using test::Odd;
using test::open;
using test::trouble;
using Peer = FakePop3::Peer;

namespace {

/// A hook that answers the commands that begin so.
auto pop3_says(std::string begin, std::string answer, Odd what = Odd::answered) {
  return [=](Peer& peer, const std::string& command) {
    if (!command.starts_with(begin)) return Odd::no;
    peer.say(answer);
    return what;
  };
}

}  // namespace

TEST_CASE("a POP3 mailbox gives what is not known, oldest first, and leaves it there") {
  FakePop3 pop3{{{"a", "one\r\n"}, {"b", "..two\r\n...\r\n\r\nend\n"}, {"c", ""}}};
  SUBCASE("with commands ahead of their answers") {}
  SUBCASE("one by one") {
    pop3.locked([&] { pop3.pipelines = false; });
  }
  const auto mailbox = open(pop3.settings());
  CHECK(fetch(*mailbox, 2) == Ids{"a", "b"});
  CHECK(fetch(*mailbox, 2, {"a", "b"}) == Ids{"c"});
  CHECK(fetch(*mailbox, 2, {"a", "b", "c"}).empty());
  CHECK(mailbox->waiting() == 3);
  const auto all = fetched(*mailbox);
  REQUIRE(all.size() == 3);
  CHECK(all[0].bytes == "one\r\n");
  CHECK(all[1].bytes == ".two\r\n..\r\n\r\nend\r\n");
  CHECK(all[2].bytes.empty());
  CHECK(pop3.heard("DELE") == 0);
  CHECK(pop3.left().size() == 3);
}

TEST_CASE("many POP3 messages come in order, whatever the window") {
  FakePop3 pop3{{}};
  bool pipelines = true;
  SUBCASE("") {}
  SUBCASE("one by one") { pipelines = false; }
  pop3.locked([&] {
    pop3.pipelines = pipelines;
    for (int i = 1; i <= 300; ++i)
      pop3.mails.push_back({"id" + std::to_string(i), std::to_string(i) + "\r\n"});
  });
  const auto mailbox = open(pop3.settings());
  const auto all = fetched(*mailbox);
  REQUIRE(all.size() == 300);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].id == "id" + std::to_string(i + 1));
    CHECK(all[i].bytes == std::to_string(i + 1) + "\r\n");
  }
  CHECK(mailbox->remove(test::ids_of(all)).has_value());
  CHECK(pop3.left().empty());
}

TEST_CASE("POP3 messages are removed for good, and nothing else is") {
  FakePop3 pop3{{{"a", "one\r\n"}, {"b", "two\r\n"}, {"b", "two\r\n"}, {"c", "three\r\n"}}};
  const auto mailbox = open(pop3.settings());
  // RFC 1939 §7: copies may have one name.
  CHECK(fetch(*mailbox, 9) == Ids{"a", "b", "c"});
  CHECK(mailbox->remove({"b", "gone"}).has_value());
  CHECK(pop3.left() == Ids{"a", "c"});
}

TEST_CASE("a removal that the POP3 server does not confirm is an error") {
  FakePop3 pop3{{{"a", "one\r\n"}}};
  const auto mailbox = open(pop3.settings());
  SUBCASE("message by message") {
    pop3.behave(pop3_says("DELE", "-ERR locked\r\n"));
    CHECK(has(mailbox->remove({"a"}).error().message, "refuses to delete a mail: -ERR locked"));
  }
  SUBCASE("at the end") {
    pop3.behave(pop3_says("QUIT", "-ERR some deleted messages not removed\r\n"));
    CHECK(has(mailbox->remove({"a"}).error().message, "-ERR some deleted messages not removed"));
  }
  SUBCASE("by hanging up") {
    pop3.behave(pop3_says("QUIT", "", Odd::drop));
    CHECK(has(mailbox->remove({"a"}).error().message, "closed the connection"));
  }
}

TEST_CASE("what came whole before a POP3 server hung up is kept, and the rest comes later") {
  FakePop3 pop3{{{"a", "one\r\n"}, {"b", "two\r\n"}, {"c", "three\r\n"}}};
  pop3.behave(pop3_says("RETR 2", "+OK\r\ntw", Odd::drop));
  const auto mailbox = open(pop3.settings());
  CHECK(fetch(*mailbox, 9) == Ids{"a"});
  // What may have been the cause comes last.
  CHECK(fetch(*mailbox, 9, {"a"}) == Ids{"c"});
  CHECK(has(fetch(*mailbox, 9, {"a", "c"}).at(0), "closed the connection"));
}

TEST_CASE("a POP3 message that the server cannot give does not keep back the others") {
  FakePop3 pop3{{{"a", "one\r\n"}, {"b", "two\r\n"}}};
  const auto mailbox = open(pop3.settings());
  pop3.behave(pop3_says("RETR 1", "-ERR [SYS/TEMP] cannot be read\r\n"));
  CHECK(has(fetch(*mailbox, 1).at(0), "refuses to give a mail: -ERR [SYS/TEMP]"));
  CHECK(fetch(*mailbox, 1) == Ids{"b"});
  CHECK(has(fetch(*mailbox, 1, {"b"}).at(0), "refuses to give a mail"));
}

TEST_CASE("of a POP3 message that is too large only the beginning is read") {
  std::string large;
  while (large.size() <= largest_message) large += std::string(998, 'x') + "\r\n";
  SUBCASE("one that just fits, in one line") {
    large = std::string(largest_message - 2, 'y') + "\r\n";
  }
  SUBCASE("one of more") {}
  FakePop3 pop3{{{"a", "one\r\n"}, {"b", large}}};
  const auto mailbox = open(pop3.settings());
  const auto all = fetched(*mailbox);
  REQUIRE(all.size() == 2);
  CHECK(all[0].bytes == "one\r\n");
  CHECK(all[1].bytes == large.substr(0, largest_message));
}

TEST_CASE("a round over POP3 ends when it is large enough") {
  FakePop3 pop3{{}};
  pop3.locked([&] {
    for (const auto* id : {"a", "b", "c", "d", "e"})
      pop3.mails.push_back({id, std::string(largest_round * 2 / 7, 'x') + "\r\n"});
  });
  const auto mailbox = open(pop3.settings());
  CHECK(fetch(*mailbox, 9) == Ids{"a", "b", "c", "d"});
  CHECK(fetch(*mailbox, 9, {"a", "b", "c", "d"}) == Ids{"e"});
}

TEST_CASE("a POP3 message without end does not hold us for ever") {
  FakePop3 pop3{{{"a", ""}, {"b", "two\r\n"}}};
  pop3.behave([](Peer& peer, const std::string& command) {
    if (command != "RETR 1") return Odd::no;
    peer.say("+OK\r\n");
    const std::string piece(1 << 20, 'x');
    while (peer.say(piece)) {
    }
    return Odd::drop;
  });
  const auto mailbox = open(pop3.settings());
  const auto all = fetched(*mailbox);
  REQUIRE(all.size() == 1);
  CHECK(all[0].bytes.size() == largest_message);
  CHECK(fetch(*mailbox, 9, {"a"}) == Ids{"b"});
}

TEST_CASE("a POP3 server that lies, refuses or never ends is broken off") {
  FakePop3 pop3{{{"a", "one\r\n"}}};
  const auto mailbox = open(pop3.settings());
  SUBCASE("lines") {
    pop3.behave(pop3_says("UIDL", "+OK\r\n1 " + std::string(40'000, 'x')));
    CHECK(has(trouble(*mailbox), "sends a line without end"));
  }
  SUBCASE("names") {
    pop3.behave(pop3_says("UIDL", "+OK\r\n1 " + std::string(300, 'x') + "\r\n"));
    CHECK(has(trouble(*mailbox), "lists its mails in a way that cannot be read: 1 xxx"));
    pop3.behave(pop3_says("UIDL", "+OK\r\nnone\r\n.\r\n"));
    CHECK(has(trouble(*mailbox), "lists its mails in a way that cannot be read: none"));
    pop3.behave(pop3_says("UIDL", "+OK\r\n1\r\n.\r\n"));
    CHECK(has(trouble(*mailbox), "lists its mails in a way that cannot be read: 1"));
    pop3.behave(pop3_says("UIDL", "-ERR what?\r\n"));
    CHECK(has(trouble(*mailbox), "refuses to name its mails for good (UIDL)"));
  }
  SUBCASE("mails") {
    pop3.behave(pop3_says("RETR", "-ERR no\r\n"));
    CHECK(has(trouble(*mailbox), "refuses to give a mail: -ERR no"));
  }
  SUBCASE("the log-in") {
    pop3.behave(pop3_says("PASS", "-ERR [AUTH] wrong\r\n"));
    CHECK(has(trouble(*mailbox), "refuses the log-in; look at username"));
    CHECK(has(trouble(*mailbox), "-ERR [AUTH] wrong"));
  }
  SUBCASE("silence") {
    pop3.behave(pop3_says("UIDL", ""));
    const auto impatient = open(pop3.settings(), {.answer = 50ms});
    CHECK(has(trouble(*impatient), "did not answer in time"));
  }
  SUBCASE("TLS") {
    auto settings = pop3.settings();
    settings.tls = config::Tls::required;
    CHECK(has(trouble(*open(settings)), "gives no TLS (STARTTLS)"));
    settings.kind = config::MailboxKind::pop3s;
    CHECK(has(trouble(*open(settings)), "does not speak TLS as expected"));
    CHECK(pop3.heard("USER") == 0);
  }
}

TEST_CASE("a POP3 server without CAPA is read as well") {
  FakePop3 pop3{{{"a", "one\r\n"}}};
  pop3.behave(pop3_says("CAPA", "-ERR what?\r\n"));
  CHECK(fetch(*open(pop3.settings()), 9) == Ids{"a"});
}

TEST_CASE("the daemon's end ends a session with a POP3 server") {
  const auto stop = test::make_stop();
  FakePop3 pop3{{{"a", "one\r\n"}}};
  pop3.behave([&](Peer&, const std::string& command) {
    if (command != "UIDL") return Odd::no;
    stop->request_stop();
    return Odd::answered;  // with silence
  });
  CHECK(trouble(*open(pop3.settings(), {}, stop->get_token())) == "the daemon is ending");
}
