// The server's limits, each small enough to be met at once.
#include <memory>
#include <sys/resource.h>
#include <vector>

#include "served.h"

using namespace postrider::test;

namespace {

void greet(const http::Request& request, const http::Respond& respond) {
  respond({200, "text/plain", "hello " + request.body, {}});
}

}  // namespace

TEST_CASE("64 KB of header get 431, however they are written") {
  Served served(greet);
  const std::string long_value(64 * 1024, 'a');
  std::string many_fields;
  for (int i = 0; i < 4096; ++i) many_fields += "X-" + std::to_string(i) + ": abcdef\r\n";
  for (const auto& request : {"GET / HTTP/1.1\r\nHost: x\r\nX: " + long_value + "\r\n\r\n",
                              "GET / HTTP/1.1\r\nHost: x\r\n" + many_fields + "\r\n",
                              "GET /" + long_value + " HTTP/1.1\r\nHost: x\r\n\r\n", long_value}) {
    CAPTURE(request.substr(0, 40));
    Client client(served);
    const auto status = status_of(client.send(request).rest());
    CHECK((status == "431" || (request == long_value && status == "400")));
  }
}

TEST_CASE("a body over its limit gets 413") {
  Served served(greet, {.body = 10});
  SUBCASE("before it is sent, where its length is said") {
    Client client(served);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    CHECK(status_of(client.rest()) == "413");
  }
  SUBCASE("while it is sent") {
    Client client(served);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    CHECK(status_of(client.send(std::string(1'000'000, 'x')).rest()) == "413");
  }
  SUBCASE("in chunks") {
    Client client(served);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n");
    CHECK(status_of(client.send("6\r\nabcdef\r\n0\r\n\r\n").rest()) == "413");
  }
  SUBCASE("but one of just that length is taken") {
    Client client(served);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789");
    CHECK(body_of(client.answer()) == "hello 0123456789");
  }
}

TEST_CASE("what webhooks tell may be longer, in a few requests at once") {
  Served served(greet, {.body = 10, .long_body = 50'000, .long_bodies = 1});
  const auto head = [](const std::string& path, std::size_t length) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) +
           "\r\n\r\n";
  };
  Client client(served);
  CHECK(body_of(
            client.send(head("/news/webhooks/ses", 40'000) + std::string(40'000, 'x')).answer()) ==
        "hello " + std::string(40'000, 'x'));
  CHECK(status_of(Client(served).send(head("/webhooks/ses", 50'001)).rest()) == "413");
  CHECK(status_of(Client(served).send(head("/subscribe?/webhooks/", 11)).rest()) == "413");
  Client first(served);
  first.send(
      "POST /webhooks/ses HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 11\r\n\r\n");
  CHECK(status_of(first.answer_header()) == "100");
  CHECK(status_of(Client(served).send(head("/webhooks/ses", 11)).rest()) == "503");
  CHECK(body_of(Client(served).send(head("/", 10) + "0123456789").answer()) == "hello 0123456789");
  CHECK(body_of(first.send("01234567890").answer()) == "hello 01234567890");
  CHECK(body_of(Client(served).send(head("/webhooks/ses", 11) + "01234567890").answer()) ==
        "hello 01234567890");
}

TEST_CASE("who does not finish a request is cut off") {
  Served served(greet, {.request_time = 40ms});
  for (const std::string_view start :
       {"G"sv, "GET / HTTP/1.1\r\nHost: x\r\n"sv,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"sv,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"sv}) {
    CAPTURE(start);
    CHECK(Client(served).send(start).is_closed());
  }
}

TEST_CASE("octets that trickle in do not buy more time") {
  Served served(greet, {.request_time = 100ms});
  Client client(served);
  client.send("GET / HTTP/1.1\r\n");
  CHECK(client.send_until_closed("X: y\r\n", 10ms) < 100);
}

TEST_CASE("who asks nothing is let go") {
  Served hasty(greet, {.idle_time = 40ms});
  CHECK(Client(hasty).is_closed());
  Served served(greet, {.idle_time = 1s});  // it must not be over before the question is there
  Client client(served);
  CHECK(status_of(client.get("/").answer()) == "200");
  CHECK(client.is_closed());
}

TEST_CASE("who does not read the answer loses the place") {
  Served served(
      [](const http::Request& request, const http::Respond& respond) {
        respond(
            {200, "text/plain", std::string(request.path == "/much" ? 30'000'000 : 1, 'x'), {}});
      },
      {.connections = 1, .request_time = 100ms});
  Client slow;
  slow.receive_little();
  slow.connect(served.port());
  slow.get("/much").answer_header();
  // Until then newcomers are turned away.
  while (status_of(Client(served).get("/").answer()) != "200") {
  }
  CHECK(slow.rest().size() < 30'000'000);
}

TEST_CASE("an answer that never comes is 503, and comes too late after that") {
  std::vector<http::Respond> asked;
  Served served(
      [&](const http::Request& request, http::Respond respond) {
        if (request.path == "/never") return asked.push_back(std::move(respond));
        respond({});
      },
      {.answer_time = 30ms});
  Client client(served);
  const auto answer = client.get("/never").answer();
  CHECK(status_of(answer) == "503");
  CHECK(has(answer, "\r\nRetry-After: "));
  served.here([&] { asked.front()({200, "text/plain", "late", {}}); });
  CHECK(body_of(client.get("/").answer()).empty());
}

TEST_CASE("where all places are taken the one that waits longest makes room") {
  Served served(greet, {.connections = 2});
  Client first(served), second(served);
  first.get("/").answer();
  second.get("/").answer();
  first.get("/").answer();
  Client third(served);
  CHECK(status_of(third.get("/").answer()) == "200");
  CHECK(second.is_closed());
  CHECK(status_of(first.get("/").answer()) == "200");
}

TEST_CASE("hundreds of half-sent requests do not keep a reader out") {
  Served served(greet, {.connections = 100});
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<Client>(served));
    slow.back()->send("GET / HTTP/1.1\r\nX: ");
  }
  CHECK(status_of(Client(served).get("/").answer()) == "200");
}

TEST_CASE("where everybody is being served a newcomer gets 503") {
  std::vector<http::Respond> asked;
  std::promise<void> arrived;
  Served served(
      [&](const http::Request&, http::Respond respond) {
        asked.push_back(std::move(respond));
        arrived.set_value();
      },
      {.connections = 1});
  Client first(served);
  first.get("/");
  arrived.get_future().wait();
  CHECK(status_of(Client(served).rest()) == "503");
  served.here([&] { asked.front()({}); });
  CHECK(status_of(first.answer()) == "200");
}

TEST_CASE("without a file descriptor to spare an idle connection gives its own") {
  Served served(greet);
  Client idle(served), newcomer;
  idle.get("/").answer();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int lowest_free = ::dup(0);
  ::close(lowest_free);
  const rlimit none_left{static_cast<rlim_t>(lowest_free), before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none_left);
  newcomer.connect(served.port());
  const auto answer = newcomer.get("/").answer();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(status_of(answer) == "200");
  CHECK(idle.is_closed());
}

TEST_CASE("stopping lets requests under way finish and sends idle ones home") {
  std::vector<http::Respond> asked;
  std::promise<void> arrived;
  Served served([&](const http::Request& request, http::Respond respond) {
    if (request.path == "/") return respond({});
    asked.push_back(std::move(respond));
    arrived.set_value();
  });
  const auto port = served.port();
  Client idle(served), busy(served);
  idle.get("/").answer();
  busy.get("/later");
  arrived.get_future().wait();
  served.stop();
  CHECK(idle.is_closed());
  CHECK_THROWS(Client(port));
  served.here([&] { asked.front()({}); });
  CHECK(has(busy.rest(), "\r\nConnection: close\r\n"));
}

TEST_CASE("a server that is gone closes all its connections") {
  std::vector<http::Respond> asked;
  std::promise<void> arrived;
  Served served([&](const http::Request&, http::Respond respond) {
    asked.push_back(std::move(respond));
    arrived.set_value();
  });
  Client idle(served), busy(served);
  busy.get("/");
  arrived.get_future().wait();
  served.destroy_server();
  CHECK(idle.is_closed());
  served.here([&] { asked.front()({}); });
  CHECK(busy.is_closed());
}
