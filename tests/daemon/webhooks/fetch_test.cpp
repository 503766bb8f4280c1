#include "daemon/webhooks/fetch.h"

#include "daemon/http/served.h"
#include "support/stop.h"

using namespace postrider;
using daemon::webhooks::fetch;

namespace {

void serve(const test::http::Request& request, const test::http::Respond& respond) {
  if (request.path == "/here") return respond({200, "text/plain", "page"});
  if (request.path == "/long") return respond({200, "text/plain", std::string(65'537, 'x')});
  if (request.path == "/moved") return respond({302, "text/plain", "elsewhere"});
  respond({404, "text/plain", "no such page"});
}

}  // namespace

TEST_CASE("a page is fetched that is there and short") {
  const test::Served served(serve);
  const auto stop = test::make_stop();
  const auto from = [&](const std::string& path) {
    return fetch("http://127.0.0.1:" + std::to_string(served.port()) + path, stop->get_token());
  };
  CHECK(from("/here") == "page");
  CHECK(from("/none").error().message == "the answer is 404");
  CHECK(from("/moved").error().message == "the answer is 302");
  CHECK_FALSE(from("/long"));
  CHECK_FALSE(fetch("file:///etc/passwd", stop->get_token()));
  CHECK_FALSE(
      fetch("https://127.0.0.1:" + std::to_string(served.port()) + "/here", stop->get_token()));
  stop->request_stop();
  CHECK_FALSE(from("/here"));
}
