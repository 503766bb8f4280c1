// Where the server listens, and what it says where it cannot.
#include <sys/stat.h>

#include "served.h"
#include "support/temporary_folder.h"

using namespace postrider::test;

namespace {

void greet_all(const http::Request&, const http::Respond& respond) { respond({}); }

http::Listen at(const std::filesystem::path& path) { return {{}, 0, path}; }

std::string complaint(const http::Listen& where) {
  boost::asio::io_context context;
  const auto server = http::Server::listen(context, where, greet_all);
  return server ? "it listens" : server.error().message;
}

}  // namespace

TEST_CASE("a port in use is said with what to do") {
  Served served(greet_all);
  const auto port = std::to_string(served.port());
  CHECK(complaint({"127.0.0.1", served.port(), {}}) ==
        "http.listen: 127.0.0.1:" + port +
            ": another program listens there; end it (`ss -ltnp` names it) or set another port");
}

TEST_CASE("a port whose last connections are just closed can be taken at once") {
  std::uint16_t port = 0;
  {
    Served served(greet_all);
    port = served.port();
    Client(served).send("GET / HTTP/1.0\r\n\r\n").rest();
  }
  CHECK(complaint({"127.0.0.1", port, {}}) == "it listens");
}

TEST_CASE("an address that is not ours and a name without one are said") {
  CHECK(has(complaint({"192.0.2.1", 8025, {}}), "192.0.2.1:8025: no interface"));
  CHECK(has(complaint({"2001:db8::1", 8025, {}}), "[2001:db8::1]:8025: "));
  CHECK(has(complaint({"no such name", 8025, {}}), "this name has no address"));
}

TEST_CASE("a name is served on every address it has") {
  Served served(greet_all, {}, {"localhost", 0, {}});
  CHECK(served.port() != 0);
  CHECK(status_of(Client(served).get("/").answer()) == "200");
}

TEST_CASE("a unix socket is for its owner and group, and goes with its server") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "http.sock";
  {
    Served served(greet_all, {}, at(path));
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0660);
    CHECK(served.port() == 0);
    CHECK(status_of(Client(path).get("/").answer()) == "200");
    CHECK(has(complaint(at(path)), "another program listens there"));
    CHECK(status_of(Client(path).get("/").answer()) == "200");
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket that nobody serves any more is replaced") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "http.sock";
  const int left_over = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(left_over, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(left_over);
  Served served(greet_all, {}, at(path));
  CHECK(status_of(Client(path).get("/").answer()) == "200");
}

TEST_CASE("what cannot become a unix socket is said and left as it is") {
  const TemporaryFolder folder;
  const auto file = folder.write("letter", "dear reader");
  CHECK(has(complaint(at(file)), "a file that is no socket is there"));
  CHECK(std::filesystem::file_size(file) == 11);
  CHECK(has(complaint(at(folder.path() / "missing" / "http.sock")), "its folder does not exist"));
  CHECK(has(complaint(at(folder.path() / std::string(120, 'x'))), "too long for a socket"));
}
