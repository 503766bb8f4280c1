// A server with a handler of the test's own on a thread of its own, and a client of raw sockets
// that says whatever octets a test wants. Nothing waits longer than its patience.
#pragma once

#include <arpa/inet.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>
#include <filesystem>
#include <future>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "daemon/http/server.h"
#include "support/text.h"

namespace postrider::test {

using namespace std::literals;
namespace http = daemon::http;

class Served {
 public:
  explicit Served(http::Handler handler, http::Limits limits = {},
                  http::Listen where = {"127.0.0.1", 0, {}}) {
    auto server = http::Server::listen(context_, where, std::move(handler), limits);
    if (!server) throw std::runtime_error(server.error().message);
    server_ = std::move(*server);
    thread_ = std::jthread([this] { context_.run(); });
  }
  ~Served() {
    here([this] { server_.reset(); });
    context_.stop();
  }

  std::uint16_t port() const { return server_->port(); }
  void stop() {
    here([this] { server_->stop(); });
  }
  void destroy_server() {
    here([this] { server_.reset(); });
  }

  /// Runs on the server's thread and returns when it has run.
  void here(const std::function<void()>& task) {
    std::promise<void> done;
    boost::asio::post(context_, [&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      context_.get_executor()};
  std::unique_ptr<http::Server> server_;
  std::jthread thread_;
};

class Client {
 public:
  Client() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) { be_patient(); }
  explicit Client(std::uint16_t port) : Client() { connect(port); }
  explicit Client(const Served& served) : Client(served.port()) {}
  explicit Client(const std::filesystem::path& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    be_patient();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect");
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect");
  }

  Client& send(std::string_view octets) {
    while (!octets.empty()) {
      const auto sent = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;  // the server may have had enough
      octets.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  Client& get(std::string_view path) {
    return send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  void finish() { ::shutdown(fd_, SHUT_WR); }

  /// Sends again and again, at that pace, until the server has closed; how many times.
  int send_until_closed(std::string_view octets, std::chrono::milliseconds pace) {
    for (int times = 0;; ++times) {
      pollfd events{fd_, POLLIN | POLLRDHUP, 0};
      if (::poll(&events, 1, static_cast<int>(pace.count())) != 0) return times;
      send(octets);
    }
  }

  /// One answer: its header and the body that Content-Length promises. Shorter at an early end.
  std::string answer() {
    const auto end_of_header = fill_until([this] { return held_.find("\r\n\r\n"); });
    const auto length = [&]() -> std::size_t {
      const auto field = held_.find("Content-Length: ");
      return field < end_of_header ? std::stoul(held_.substr(field + 16)) : 0;
    }();
    return take(std::min(end_of_header, held_.size()) + 4 + length);
  }
  std::string answer_header() {
    return take(fill_until([this] { return held_.find("\r\n\r\n"); }) + 4);
  }

  /// All up to the end of these words; shorter at an early end.
  std::string answer_until(std::string_view words) {
    return take(fill_until([&] { return held_.find(words); }) + words.size());
  }

  /// All up to the end of the connection.
  std::string rest() {
    fill_until([] { return std::string::npos; });
    return std::exchange(held_, {});
  }
  bool is_closed() { return rest().empty(); }

  void receive_little() {
    const int octets = 2048;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
  }

 private:
  void be_patient() const {
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }

  /// Receives until `found` answers a position, or the connection ends.
  template <class Found>
  std::size_t fill_until(const Found& found) {
    for (;;) {
      if (const auto at = found(); at != std::string::npos) return at;
      char chunk[4096];
      const auto got = ::recv(fd_, chunk, sizeof chunk, 0);
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        throw std::runtime_error("the server says nothing and does not close");
      if (got <= 0) return held_.size();
      held_.append(chunk, static_cast<std::size_t>(got));
    }
  }
  std::string take(std::size_t octets) {
    while (held_.size() < octets) {
      const auto before = held_.size();
      fill_until([&] { return held_.size() > before ? 0 : std::string::npos; });
      if (held_.size() == before) break;
    }
    const auto taken = held_.substr(0, octets);
    held_.erase(0, octets);
    return taken;
  }

  int fd_;
  std::string held_;
};

/// "200", or nothing of the kind where the answer is none.
inline std::string status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::string(answer.substr(9, 3)) : std::string(answer);
}

inline std::string body_of(std::string_view answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(answer.substr(end + 4));
}

}  // namespace postrider::test
