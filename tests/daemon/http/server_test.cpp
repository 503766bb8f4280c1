#include "daemon/http/server.h"

#include <vector>

#include "served.h"

using namespace postrider::test;

namespace {

/// Answers what was asked, in one line.
void echo(const http::Request& request, const http::Respond& respond) {
  respond({200,
           "text/plain",
           request.method + " " + request.path + "?" + request.query + " " + request.body,
           {}});
}

}  // namespace

TEST_CASE("several requests are answered on one connection") {
  Served served(echo);
  Client client(served);
  CHECK(body_of(client.get("/a").answer()) == "GET /a? ");
  CHECK(body_of(client.get("/b?c=d").answer()) == "GET /b?c=d ");
  CHECK(has(client.get("/").answer(), "\r\nConnection: keep-alive\r\n"));
}

TEST_CASE("a request may come octet by octet") {
  Served served(echo);
  Client client(served);
  for (const char octet : "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"sv)
    client.send({&octet, 1});
  CHECK(body_of(client.answer()) == "POST /x? hello");
}

TEST_CASE("pipelined requests are answered in their order") {
  Served served(echo);
  Client client(served);
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(requests);
  for (int i = 0; i < 50; ++i)
    CHECK(body_of(client.answer()) == "GET /" + std::to_string(i) + "? ");
}

TEST_CASE("HEAD has GET's header and no body") {
  Served served(echo);
  Client client(served);
  client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nHEAD /b HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(has(client.answer_header(), "\r\nContent-Length: 8\r\n"));
  CHECK(client.answer_header().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("an answer that says when to come again has it in its header") {
  Served served([](const http::Request& request, const http::Respond& respond) {
    http::Response response{request.path == "/often" ? 429 : 200, "text/plain", ""};
    if (response.status == 429) response.retry_after = 9s;
    respond(response);
  });
  Client client(served);
  CHECK(has(client.get("/often").answer(), "\r\nRetry-After: 9\r\n"));
  CHECK_FALSE(has(client.get("/").answer(), "Retry-After"));
}

TEST_CASE("a connection closes when the client asks for it") {
  Served served(echo);
  SUBCASE("by HTTP/1.1's field") {
    Client client(served);
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(has(client.rest(), "\r\nConnection: close\r\n"));
  }
  SUBCASE("by speaking HTTP/1.0") {
    Client client(served);
    CHECK(body_of(client.send("GET / HTTP/1.0\r\n\r\n").rest()) == "GET /? ");
  }
  SUBCASE("but not where HTTP/1.0 asks to keep it") {
    Client client(served);
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(has(client.answer(), "\r\nConnection: keep-alive\r\n"));
    CHECK(body_of(client.get("/again").answer()) == "GET /again? ");
  }
}

TEST_CASE("a client that has said all and shut its side still reads its answer") {
  Served served(echo);
  Client client(served);
  client.get("/").finish();
  CHECK(body_of(client.rest()) == "GET /? ");
}

TEST_CASE("a chunked body arrives whole") {
  Served served(echo);
  Client client(served);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.send("4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n");
  CHECK(body_of(client.answer()) == "POST /? abcdefg");
}

TEST_CASE("a client that asks whether to go on is told to") {
  Served served(echo);
  Client client(served);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.answer() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(body_of(client.send("ok").answer()) == "POST /? ok");
}

TEST_CASE("the absolute form of a target means the same") {
  Served served(echo);
  CHECK(body_of(Client(served).get("http://elsewhere.example/a?b").answer()) == "GET /a?b ");
  CHECK(body_of(Client(served).get("HTTPS://elsewhere.example").answer()) == "GET /? ");
}

TEST_CASE("what is no request gets 400 and the end of the connection") {
  Served served(echo);
  for (
      const std::string_view garbage : {
          "\r\n\r\n"sv,
          "GET\r\n\r\n"sv,
          "GET /\r\n\r\n"sv,
          "GET / HTTP/2.0\r\n\r\n"sv,
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv,
          "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"sv,
          "GET / HTTP/1.1\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"sv,
          "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"sv,
          "GET elsewhere HTTP/1.1\r\nHost: x\r\n\r\n"sv,
          "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n"sv,
          "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nHost : x\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n"sv,
          "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"sv,
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"sv,
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"sv,
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"sv,
          "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv,
      }) {
    CAPTURE(garbage);
    Client client(served);
    CHECK(status_of(client.send(garbage).rest()) == "400");
  }
}

TEST_CASE("every answer carries the fields that keep a page to itself") {
  Served served(echo);
  for (const std::string_view request :
       {"GET / HTTP/1.0\r\n\r\n"sv, "HEAD / HTTP/1.0\r\n\r\n"sv, "nonsense\r\n\r\n"sv}) {
    CAPTURE(request);
    Client client(served);
    const auto answer = client.send(request).rest();
    for (const std::string_view field :
         {"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action "
          "'self'; frame-ancestors 'none'; base-uri 'none'\r\n"sv,
          "X-Content-Type-Options: nosniff\r\n"sv, "Referrer-Policy: no-referrer\r\n"sv,
          "Cache-Control: no-store\r\n"sv, "X-Robots-Tag: noindex\r\n"sv,
          "Server: Postrider\r\n"sv})
      CHECK(has(answer, field));
    CHECK_FALSE(has(answer, "Set-Cookie"));
  }
}

TEST_CASE("an answer may come later") {
  std::vector<http::Respond> asked;
  std::promise<void> arrived;
  Served served([&](const http::Request&, http::Respond respond) {
    asked.push_back(std::move(respond));
    arrived.set_value();
  });
  Client client(served);
  client.get("/");
  arrived.get_future().wait();
  served.here([&] {
    asked.front()({405, "text/plain", "first", "GET"});
    asked.front()({200, "text/plain", "second", {}});
  });
  const auto answer = client.answer();
  CHECK(status_of(answer) == "405");
  CHECK(has(answer, "\r\nAllow: GET\r\n"));
  CHECK(body_of(answer) == "first");
}

TEST_CASE("a handler that throws costs one connection and nothing else") {
  Served served([](const http::Request& request, const http::Respond& respond) {
    if (request.path == "/throw") throw std::runtime_error("thrown by a test");
    respond({});
  });
  CHECK(Client(served).get("/throw").is_closed());
  CHECK(status_of(Client(served).get("/").answer()) == "200");
}

TEST_CASE("answers to clients that have gone are dropped") {
  std::vector<http::Respond> asked;
  Served served([&](const http::Request& request, http::Respond respond) {
    if (request.path == "/later") return asked.push_back(std::move(respond));
    respond({});
  });
  {
    Client client(served);
    client.get("/later");
    CHECK(status_of(Client(served).get("/").answer()) == "200");
  }
  served.here([&] {
    for (const auto& respond : asked) respond({});
  });
  CHECK(status_of(Client(served).get("/").answer()) == "200");
}
