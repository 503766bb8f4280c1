#include "daemon/http/proxies.h"

#include <doctest/doctest.h>

using namespace postrider;
using namespace postrider::daemon::http;

namespace {

const TrustedProxies trusted{
    {parse_network("127.0.0.1").value(), parse_network("10.0.0.0/8").value()}, false};

/// "" where nobody knows.
std::string client(std::string_view peer, std::string_view forwarded_for,
                   const TrustedProxies& proxies = trusted) {
  const auto found = client_of(parse_ip(peer), forwarded_for, proxies);
  return found ? found->str() : "";
}

}  // namespace

TEST_CASE("without a proxy the peer is the client, whatever it claims") {
  CHECK(client("203.0.113.9", "198.51.100.1") == "203.0.113.9");
  CHECK(client("203.0.113.9", "") == "203.0.113.9");
}

TEST_CASE("a trusted proxy says who the client is") {
  CHECK(client("127.0.0.1", "203.0.113.9") == "203.0.113.9");
  CHECK(client("127.0.0.1", "2001:db8::7") == "2001:db8::7");
  CHECK(client("127.0.0.1", "") == "127.0.0.1");
}

TEST_CASE("only the rightmost entry that is no trusted proxy counts") {
  CHECK(client("127.0.0.1", "192.0.2.1, 203.0.113.9") == "203.0.113.9");
  CHECK(client("127.0.0.1", "192.0.2.1, 203.0.113.9, 10.1.2.3 ,10.0.0.1") == "203.0.113.9");
  CHECK(client("127.0.0.1", "10.0.0.2, 10.0.0.1") == "10.0.0.2");
}

TEST_CASE("entries may have ports") {
  CHECK(client("127.0.0.1", "203.0.113.9:4711") == "203.0.113.9");
  CHECK(client("127.0.0.1", "[2001:db8::7]:4711") == "2001:db8::7");
  CHECK(client("127.0.0.1", "[2001:db8::7]") == "2001:db8::7");
}

TEST_CASE("an entry that is no address hides all before it") {
  for (const auto* entry : {"unknown", "", "_hidden", "[", "[]", ":", "1.2.3.4.5", "<script>"}) {
    CAPTURE(entry);
    CHECK(client("127.0.0.1", "192.0.2.1, " + std::string(entry) + ", 10.0.0.1") == "10.0.0.1");
  }
}

TEST_CASE("whoever connects by the unix socket is a proxy only where the settings say so") {
  CHECK(client("", "203.0.113.9") == "");
  CHECK(client("", "203.0.113.9", {{}, true}) == "203.0.113.9");
}
