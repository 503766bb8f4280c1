#include "queue/curl_connection.h"

#include <array>
#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <tuple>
#include <unistd.h>

#include "base/files.h"
#include "base/text.h"
#include "support/fake_clock.h"
#include "support/scripted_server.h"
#include "support/temporary_folder.h"

using namespace postrider;
using namespace postrider::queue;
using namespace std::chrono_literals;
using test::ScriptedServer;
using Peer = ScriptedServer::Peer;

namespace {

constexpr std::array<std::string_view, 2> noop{"NO", "OP\r\n"};

/// A connector with an epoll of its own.
struct Caller {
  explicit Caller(const SmtpRelayOptions& options) : connector(Connector::make(options, epoll)) {}
  ~Caller() {
    connection.reset();
    connector.reset();
    ::close(epoll);
  }

  /// What became of an attempt to connect: empty, or why it failed.
  std::string connect() {
    std::string why;
    connector->open([&](tl::expected<std::unique_ptr<Connection>, ConnectFailure> opened) {
      if (opened)
        connection = std::move(*opened);
      else
        std::tie(why, lasting) = std::tie(opened.error().message, opened.error().lasting);
    });
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!connection && why.empty() && std::chrono::steady_clock::now() < until) turn();
    return why;
  }

  void turn() {
    std::array<epoll_event, 8> events;
    const int count = ::epoll_wait(epoll, events.data(), events.size(), 5);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      connector->on_event(event.data.fd, event.events);
    }
    const auto deadline = connector->deadline();
    if (deadline && *deadline <= std::chrono::steady_clock::now()) connector->on_time();
  }

  int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  bool lasting = false;  // the last failure
  std::unique_ptr<Connector> connector;
  std::unique_ptr<Connection> connection;
};

SmtpRelayOptions options_for(const ScriptedServer& server, TlsPolicy tls = TlsPolicy::none) {
  SmtpRelayOptions options;
  options.name = "relay";
  options.host = "127.0.0.1";
  options.port = server.port();
  options.tls = tls;
  return options;
}

std::string reason(ScriptedServer::Script script, TlsPolicy tls = TlsPolicy::none,
                   const std::string& user = "") {
  const ScriptedServer server(std::move(script));
  auto options = options_for(server, tls);
  options.username = user;
  options.password = user.empty() ? "" : "hunter2";
  options.connect_timeout = 3s;
  auto why = Caller(options).connect();
  CHECK(why.find("hunter2") == std::string::npos);
  return why;
}

bool has(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return true;
  MESSAGE(text);
  return false;
}

}  // namespace

TEST_CASE("a ready connection knows what the server offers") {
  const ScriptedServer server([](Peer& peer) {
    peer.welcome(
        "250-size 1000\r\n250-pipelining\r\n250-8bitmime\r\n250-DSN\r\n250-SMTPUTF8\r\n"
        "250 HELP\r\n");
    peer.say("250 unasked\r\n");
    peer.hear();
  });
  Caller caller(options_for(server));
  REQUIRE(caller.connect() == "");
  CHECK(caller.connection->offers().pipelining);
  CHECK(caller.connection->offers().size == 1000);
  CHECK(caller.connection->offers().eight_bit_mime);
  CHECK(caller.connection->offers().dsn);
  CHECK(caller.connection->offers().smtputf8);
  CHECK(caller.connection->peer() == Endpoint{"127.0.0.1:" + std::to_string(server.port()), ""});
}

TEST_CASE(
    "what is said right behind the EHLO reply holds nobody up, in one segment or in its own") {
  for (const bool closes : {true, false}) {
    const ScriptedServer server([closes](Peer& peer) {
      peer.say("220 test ESMTP\r\n");
      peer.hear();
      peer.say("250-test\r\n250 PIPELINING\r\n421 4.3.2 closing\r\n");
      if (closes) return;
      peer.hear();
      peer.say("250 answer\r\n");
      peer.hear();
    });
    Caller caller(options_for(server));
    REQUIRE(caller.connect() == "");
    std::size_t sent = 0;
    if (!closes) caller.connection->send(noop, sent);
    std::string heard;
    auto state = Connection::State::open;
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (state == Connection::State::open && heard.find("answer") == std::string::npos &&
           std::chrono::steady_clock::now() < until)
      state = caller.connection->receive([&](std::string_view bytes) {
        heard += bytes;
        return true;
      });
    CHECK((state == Connection::State::closed) == closes);
    CHECK((heard.find("250 answer") != std::string::npos) == !closes);
  }
}

TEST_CASE("what has arrived comes in pieces, and no more of it than is wanted") {
  std::atomic<bool> said = false;
  const ScriptedServer server([&](Peer& peer) {
    peer.welcome();
    peer.hear();
    peer.say(std::string(200'000, 'x'));
    said = true;
    peer.hear();
  });
  Caller caller(options_for(server));
  REQUIRE(caller.connect() == "");
  std::size_t sent = 0;
  caller.connection->send(noop, sent);
  CHECK(sent == 6);
  while (!said) std::this_thread::yield();
  std::size_t octets = 0;
  int pieces = 0;
  const auto count = [&](std::string_view bytes) {
    octets += bytes.size();
    return ++pieces < 2;
  };
  CHECK(caller.connection->receive(count) == Connection::State::open);
  CHECK(pieces == 2);
  CHECK(octets <= 40'000);
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (octets < 200'000 && std::chrono::steady_clock::now() < until)
    caller.connection->receive([&](std::string_view bytes) {
      octets += bytes.size();
      return true;
    });
  CHECK(octets == 200'000);
}

TEST_CASE("a server that is not there, or does not welcome us, is told by its words") {
  std::uint16_t port = 0;
  {
    const ScriptedServer gone([](Peer&) {});
    port = gone.port();
  }
  SmtpRelayOptions options;
  options.host = "127.0.0.1";
  options.port = port;
  options.tls = TlsPolicy::none;
  CHECK(has(Caller(options).connect(), "refuses the connection"));
  CHECK(has(reason([](Peer&) {}), "closed the connection"));
  CHECK(has(reason([](Peer& peer) {
              peer.say("421 4.7.0 too many of you\r\n");
              peer.hear();
            }),
            "421 4.7.0 too many of you"));
  CHECK(has(reason([](Peer& peer) {
              peer.say("554 go away\r\n");
              peer.hear();
            }),
            "554 go away"));
}

TEST_CASE("a server that says nothing is given up in time") {
  const ScriptedServer server([](Peer& peer) { peer.hear(); });
  auto options = options_for(server);
  options.connect_timeout = 100ms;
  CHECK(has(Caller(options).connect(), "did not answer in time"));
}

TEST_CASE("credentials are never passed over: not without AUTH, not with another mechanism") {
  const auto without = [](Peer& peer) {
    peer.welcome();
    peer.hear();
  };
  CHECK(has(reason(without, TlsPolicy::none, "alex"), "AUTH"));
  const auto strange = [](Peer& peer) {
    peer.welcome("250 AUTH TELEPATHY\r\n");
    peer.hear();
  };
  CHECK(has(reason(strange, TlsPolicy::none, "alex"), "AUTH"));
}

TEST_CASE("a refused log-in is told with the server's own words") {
  for (const char* reply : {"535 5.7.8 wrong password", "454 4.7.0 not now"}) {
    const auto refuse = [reply](Peer& peer) {
      peer.welcome("250 AUTH PLAIN\r\n");
      peer.hear();
      peer.say(std::string(reply) + "\r\n");
      peer.hear();
    };
    const ScriptedServer server(refuse);
    auto options = options_for(server);
    options.username = "alex";
    Caller caller(options);
    const auto why = caller.connect();
    CHECK(has(why, "refuses the log-in"));
    CHECK(has(why, reply));
    CHECK(caller.lasting == (reply[0] == '5'));
  }
}

namespace {

/// "user=alex^Aauth=Bearer TOKEN^A^A" in base64.
std::string xoauth2(const std::string& token) {
  return "AUTH XOAUTH2 " + base64("user=alex\x01" + ("auth=Bearer " + token) + "\x01\x01");
}

/// A server that takes one token at a time, and a caller whose tokens come from a file.
struct TokenPost {
  TokenPost() { write_file(path, "first", 0600); }
  SmtpRelayOptions with_tokens() {
    auto made = options_for(server);
    made.username = "alex";
    made.tokens = std::make_shared<TokenKeeper>(TokenSource{path, {}}, clock);
    return made;
  }
  std::string connect() {
    caller.connection.reset();
    return caller.connect();
  }

  std::atomic<int> logins = 0;
  std::string wanted = "first", refusal = "535 5.7.8 no\r\n";
  test::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "token";
  test::FakeClock clock;
  const ScriptedServer server{[this](Peer& peer) {
    peer.welcome("250 AUTH PLAIN LOGIN OAUTHBEARER XOAUTH2\r\n");
    const auto line = peer.hear();
    ++logins;
    peer.say(line == xoauth2(wanted) ? "235 in\r\n" : refusal);
    peer.hear();
  }};
  SmtpRelayOptions options = with_tokens();
  Caller caller{options};
};

}  // namespace

TEST_CASE("XOAUTH2 logs in by a token, which is kept for the next connection") {
  TokenPost post;
  CHECK(post.connect() == "");
  write_file(post.path, "second", 0600);
  CHECK(post.connect() == "");
  CHECK(post.logins == 2);
}

TEST_CASE("a token that has expired is fetched again before it is refused") {
  TokenPost post;
  CHECK(post.connect() == "");
  post.wanted = "second";
  write_file(post.path, "second", 0600);
  post.clock.advance(1h);
  CHECK(post.connect() == "");
  CHECK(post.logins == 2);
}

TEST_CASE("a token that is refused is fetched again, once") {
  for (const char* refusal : {"535 5.7.8 no\r\n", "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n"}) {
    TokenPost post;
    post.refusal = refusal;
    CHECK(post.connect() == "");
    post.wanted = "second";
    write_file(post.path, "second", 0600);
    CHECK(post.connect() == "");
    CHECK(post.logins == 3);
    post.wanted = "third";
    const auto why = post.connect();
    CHECK(has(why, "refuses the log-in"));
    CHECK(has(why, refusal[0] == '3' ? R"({"status":"400"})" : "535 5.7.8 no"));
    CHECK(why.find("second") == std::string::npos);
    CHECK(post.logins == 5);
    CHECK_FALSE(post.caller.lasting);  // the next token may do
  }
}

TEST_CASE("without a token there is no connection, and the reason is told") {
  TokenPost post;
  std::filesystem::remove(post.path);
  CHECK(has(post.connect(), "no access token: "));
  CHECK(post.logins == 0);
}

TEST_CASE("a slow token command keeps nobody from ending") {
  TokenPost post;
  post.options.tokens = std::make_shared<TokenKeeper>(TokenSource{{}, {"sleep", "60"}}, post.clock);
  const auto began = std::chrono::steady_clock::now();
  {
    Caller caller(post.options);
    caller.connector->open([](auto) { FAIL("answered"); });
    CHECK(caller.connector->opening() == 1);
    caller.turn();
  }
  CHECK(std::chrono::steady_clock::now() - began < 10s);
}

TEST_CASE("a required STARTTLS that is not offered or refused lets nothing through") {
  std::atomic<bool> heard_mail = false;
  const auto rest = [&](Peer& peer) {
    for (auto line = peer.hear(); !line.empty(); line = peer.hear())
      heard_mail = heard_mail || line.starts_with("AUTH") || line.starts_with("MAIL");
  };
  const auto absent = [&](Peer& peer) {
    peer.welcome("250 AUTH PLAIN\r\n");
    rest(peer);
  };
  CHECK(has(reason(absent, TlsPolicy::starttls, "alex"), "does not offer STARTTLS"));
  const auto refused = [&](Peer& peer) {
    peer.welcome("250 STARTTLS\r\n");
    peer.hear();
    peer.say("454 4.7.0 no TLS today\r\n");
    rest(peer);
  };
  const auto why = reason(refused, TlsPolicy::starttls, "alex");
  CHECK(has(why, "refuses STARTTLS"));
  CHECK(has(why, "no TLS today"));
  CHECK_FALSE(heard_mail);
}

TEST_CASE("what is slipped in behind STARTTLS is never read as the server's") {
  const auto inject = [](Peer& peer) {
    peer.welcome("250 STARTTLS\r\n");
    peer.hear();
    peer.say("220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n");
    peer.hear();
  };
  CHECK_FALSE(reason(inject, TlsPolicy::starttls, "alex").empty());
}

TEST_CASE("an opportunistic relay never hides in plaintext where STARTTLS is offered oddly") {
  const auto odd = [](Peer& peer) {
    peer.welcome("250 StartTLS\r\n");
    peer.hear();
  };
  CHECK(has(reason(odd, TlsPolicy::opportunistic), "STARTTLS"));
  const auto without = [](Peer& peer) {
    peer.welcome();
    peer.hear();
  };
  CHECK(reason(without, TlsPolicy::opportunistic).empty());
}

TEST_CASE("smtps to a port that speaks in clear is no TLS") {
  const auto plain = [](Peer& peer) {
    peer.say("220 test ESMTP\r\n");
    peer.hear();
  };
  CHECK(has(reason(plain, TlsPolicy::implicit), "does not speak TLS"));
}

TEST_CASE("a file of trusted certificates that is missing is named") {
  const test::TemporaryFolder folder;
  const ScriptedServer server([](Peer& peer) { peer.hear(); });
  auto options = options_for(server, TlsPolicy::implicit);
  options.ca_file = folder.path() / "none.pem";
  CHECK(has(Caller(options).connect(), "none.pem"));
}
