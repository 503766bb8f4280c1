// A server on a loopback port that does as a test's script tells it, one thread a connection.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <list>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace postrider::test {

class ScriptedServer {
 public:
  /// One connection, as the script sees it.
  class Peer {
   public:
    Peer(int fd, int nth) : number(nth), fd_(fd) {}
    ~Peer() { ::close(fd_); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// False: the client is gone.
    bool say(std::string_view bytes) {
      while (!bytes.empty()) {
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
      return true;
    }
    /// The next line without its CRLF; empty: the client is gone.
    std::string hear() {
      for (;;) {
        if (const auto end = inbox_.find("\r\n"); end != std::string::npos) {
          auto line = inbox_.substr(0, end);
          inbox_.erase(0, end + 2);
          return line;
        }
        char buffer[4096];
        const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
        if (got <= 0) return {};
        inbox_.append(buffer, static_cast<std::size_t>(got));
      }
    }
    /// Greets and answers EHLO with these offers.
    void welcome(std::string_view offers = "250 PIPELINING\r\n") {
      say("220 test ESMTP\r\n");
      hear();
      say("250-test\r\n" + std::string(offers));
    }

    const int number;  // of the connection, from 1

   private:
    int fd_;
    std::string inbox_;
  };
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, length) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, generic, &length) != 0)
      throw std::runtime_error("no loopback port");
    port_ = ntohs(address.sin_port);
    accepting_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
  }
  ~ScriptedServer() {
    accepting_.request_stop();
    accepting_.join();
    // Scripts that still wait for their client see it gone.
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    sessions_.clear();
    for (const int fd : open_) ::close(fd);
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) continue;
      open_.push_back(::dup(fd));
      sessions_.emplace_back([this, fd, number = ++connections_] {
        Peer peer(fd, number);
        script_(peer);
        ::shutdown(fd, SHUT_RDWR);
      });
    }
  }

  const Script script_;
  const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::list<int> open_;  // the accepting thread's, then the destructor's
  std::list<std::jthread> sessions_;
  std::jthread accepting_;
};

}  // namespace postrider::test
