// Sessions over sockets: daemon/lmtp/server.h.
#include "daemon/lmtp/server.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "daemon/http/served.h"
#include "deliverer.h"

using namespace postrider;
using namespace std::literals;
using daemon::lmtp::ServerLimits;
using test::Client;
using test::LmtpHouse;

namespace {

const config::Listen any_port{"127.0.0.1:0", "127.0.0.1", 0, {}};

std::unique_ptr<daemon::lmtp::Server> lmtp_server(LmtpHouse& house,
                                                  const config::Listen& where = any_port,
                                                  const ServerLimits& limits = {}) {
  auto server = daemon::lmtp::Server::listen(where, limits);
  REQUIRE(server);
  (*server)->start(house.clerk);
  return std::move(*server);
}

std::string dialogue(const std::string& recipient, const std::string& message) {
  return "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<" + recipient + ">\r\nDATA\r\n" + message + ".\r\n";
}

constexpr auto goodbye = "221 2.0.0 goodbye\r\n"sv;

}  // namespace

TEST_CASE("a delivery is on disk before its 250") {
  LmtpHouse house;
  const auto server = lmtp_server(house);
  Client client(server->port());
  const auto said = client.send(dialogue(house.ann, LmtpHouse::report()) + "QUIT\r\n").rest();
  CHECK(said.ends_with("250 2.0.0 it is kept\r\n" + std::string(goodbye)));
  CHECK(house.suppressed("ann@a.example"));
  const auto status = server->status();
  CHECK(status.listen == "127.0.0.1:0");
  CHECK(status.taken == 1);
  CHECK(status.taken_at == house.clock.now());
}

TEST_CASE("a database that takes nothing answers 451 until it does") {
  LmtpHouse house;
  const auto server = lmtp_server(house);
  house.break_down();
  CHECK(test::has(
      Client(server->port()).send(dialogue(house.ann, LmtpHouse::report()) + "QUIT\r\n").rest(),
      "354 a line with a dot alone ends it\r\n451 4.3.0 "));
  CHECK(test::has(server->status().trouble, "broken disk"));
  CHECK(house.count("reports") == 0);
  house.mend();
  CHECK(test::has(
      Client(server->port()).send(dialogue(house.ann, LmtpHouse::report()) + "QUIT\r\n").rest(),
      "250 2.0.0 it is kept"));
  CHECK(server->status().trouble.empty());
  CHECK(server->status().taken == 1);
}

TEST_CASE("a delivery that is cut off before its end is none") {
  LmtpHouse house;
  const auto server = lmtp_server(house);
  Client client(server->port());
  const auto whole = dialogue(house.ann, LmtpHouse::report());
  client.send(whole.substr(0, whole.size() - 1));
  client.finish();
  CHECK(client.rest().ends_with("354 a line with a dot alone ends it\r\n"));
  CHECK(house.count("reports") == 0);
}

TEST_CASE("one session too many hears 421") {
  LmtpHouse house;
  ServerLimits limits;
  limits.sessions = 2;
  const auto server = lmtp_server(house, any_port, limits);
  Client first(server->port()), second(server->port());
  for (auto* client : {&first, &second}) client->answer_until("220 postrider LMTP\r\n");
  CHECK(Client(server->port()).rest().starts_with("421 4.3.2 too many sessions"));
  CHECK(first.send("QUIT\r\n").rest() == goodbye);
  CHECK(second.send("QUIT\r\n").rest() == goodbye);
}

TEST_CASE("who says nothing for too long hears 421") {
  LmtpHouse house;
  ServerLimits limits;
  limits.idle_time = 20ms;
  const auto server = lmtp_server(house, any_port, limits);
  Client client(server->port());
  CHECK(client.rest().ends_with("421 4.4.2 nothing has come for too long\r\n"));
}

TEST_CASE("an end says 421 and takes the message that is on its way") {
  LmtpHouse house;
  auto server = lmtp_server(house);
  Client idle(server->port()), busy(server->port());
  const auto whole = dialogue(house.ann, LmtpHouse::report());
  busy.send(whole.substr(0, whole.size() - 3));
  CHECK(test::has(busy.answer_until("354 a line with a dot alone ends it\r\n"), "354"));
  idle.answer_until("220 postrider LMTP\r\n");
  server->stop();
  CHECK(idle.rest().starts_with("421 4.3.2 "));
  busy.send(".\r\n");
  CHECK(busy.rest().starts_with("250 2.0.0 it is kept\r\n421 4.3.2 "));
  server.reset();
  CHECK(house.suppressed("ann@a.example"));
}

TEST_CASE("a unix socket is for its owner and group, and goes with its server") {
  LmtpHouse house;
  const auto path = house.folder.path() / "lmtp.sock";
  const config::Listen where{"unix:lmtp.sock", "", 0, path};
  {
    const auto server = lmtp_server(house, where);
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0660);
    CHECK(Client(path).send("QUIT\r\n").rest().ends_with(goodbye));
    const auto second = daemon::lmtp::Server::listen(where);
    REQUIRE_FALSE(second);
    CHECK(second.error().message == "bounces.lmtp: unix:" + path.string() +
                                        ": another program listens there; end it or set another "
                                        "path");
    CHECK(Client(path).send("QUIT\r\n").rest().ends_with(goodbye));
    CHECK(server->listens_on(where));
    CHECK_FALSE(server->listens_on(any_port));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("another clerk takes over from the next session on") {
  LmtpHouse house;
  const auto server = lmtp_server(house);
  house.settings.bounces.address = "returned@report.example";
  auto other = daemon::lmtp::Clerk::open(house.settings, house.keys, house.clock);
  REQUIRE(other);
  server->start(std::move(*other));
  const auto said = Client(server->port())
                        .send(dialogue("returned@report.example", LmtpHouse::report()) + "QUIT\r\n")
                        .rest();
  CHECK(test::has(said, "250 2.0.0 it is kept"));
}

TEST_CASE("many at once are all taken") {
  LmtpHouse house;
  const auto server = lmtp_server(house);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<Client>(server->port()));
  for (int round = 0; round < 5; ++round)
    for (std::size_t i = 0; i < clients.size(); ++i)
      clients[i]->send(
          dialogue("bounces@report.example",
                   LmtpHouse::report(std::to_string(round) + "." + std::to_string(i))));
  for (auto& client : clients) CHECK(client->send("QUIT\r\n").rest().ends_with(goodbye));
  CHECK(house.count("reports") == 100);
  CHECK(server->status().taken == 100);
}
