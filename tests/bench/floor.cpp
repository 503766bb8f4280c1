// The floor that the daemon is measured against: a bare pipelined sender of ready-made messages. It
// keeps no records and makes nothing; what it costs is what carrying the bytes costs.
//
//   bench_floor PORT MESSAGES BYTES CONNECTIONS [--tls] [--signed]
//
// --signed adds what a DKIM signature cannot do without: SHA-256 of each message and one RSA-2048.
// Prints seconds and microseconds of CPU a message.
#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::string make_message(std::size_t bytes) {
  std::string message = "Subject: floor\r\n\r\n";
  while (message.size() < bytes)
    message += "What is the same for every reader is made once and carried many times, thus.\r\n";
  return message;
}

void sign(std::string_view message) {
  static auto* const key = EVP_RSA_gen(2048);
  auto* const context = EVP_MD_CTX_new();
  unsigned char signature[512];
  std::size_t size = sizeof signature;
  if (EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context, signature, &size,
                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1)
    die("signing");
  EVP_MD_CTX_free(context);
}

/// What all connections have to do together.
struct Work {
  std::string message;
  std::size_t unsent = 0;      // envelopes that no connection has taken
  std::size_t unanswered = 0;  // messages without the answer to their end
  bool is_signed = false;
};

constexpr std::string_view envelope =
    "MAIL FROM:<floor@sender.example>\r\nRCPT TO:<reader@readers.example>\r\nDATA\r\n";
constexpr std::string_view lone_dot = ".\r\n";
constexpr std::string_view dot_and_envelope =
    ".\r\nMAIL FROM:<floor@sender.example>\r\nRCPT TO:<reader@readers.example>\r\nDATA\r\n";

class Sender {
 public:
  Sender(int port, SSL_CTX* tls, Work& work) : work_(work) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls) {
      ssl_ = SSL_new(tls);
      SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      SSL_set_fd(ssl_, fd_);
      if (SSL_connect(ssl_) != 1) die("TLS");
    }
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    expected_ = {Awaited::greeting};
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  int fd() const { return fd_; }

  void step() {
    receive();
    std::size_t begin = 0;
    for (auto at = replies_.find("\r\n"); at != std::string::npos;
         at = replies_.find("\r\n", begin)) {
      if (replies_[begin + 3] != '-') handle();
      begin = at + 2;
    }
    replies_.erase(0, begin);
    flush();
  }

 private:
  enum class Awaited { greeting, hello, mail, rcpt, data, dot };

  void handle() {
    const auto what = expected_.front();
    expected_.pop_front();
    switch (what) {
      case Awaited::greeting:
        output_.push_back("EHLO floor\r\n");
        expected_.push_back(Awaited::hello);
        break;
      case Awaited::hello:
        if (take_envelope()) output_.push_back(envelope);
        break;
      case Awaited::data:
        if (work_.is_signed) sign(work_.message);
        output_.push_back(work_.message);
        expected_.push_back(Awaited::dot);
        output_.push_back(take_envelope() ? dot_and_envelope : lone_dot);
        break;
      case Awaited::dot:
        --work_.unanswered;
        break;
      case Awaited::mail:
      case Awaited::rcpt:
        break;
    }
  }

  bool take_envelope() {
    if (work_.unsent == 0) return false;
    --work_.unsent;
    expected_.insert(expected_.end(), {Awaited::mail, Awaited::rcpt, Awaited::data});
    return true;
  }

  void receive() {
    char buffer[4096];
    for (;;) {
      const auto got =
          ssl_ ? SSL_read(ssl_, buffer, sizeof buffer) : ::recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      replies_.append(buffer, static_cast<std::size_t>(got));
    }
  }

  void flush() {
    while (!output_.empty()) {
      auto& piece = output_.front();
      const auto sent = ssl_ ? SSL_write(ssl_, piece.data(), static_cast<int>(piece.size()))
                             : ::send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      piece.remove_prefix(static_cast<std::size_t>(sent));
      if (piece.empty()) output_.pop_front();
    }
  }

  Work& work_;
  const int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SSL* ssl_ = nullptr;
  std::string replies_;
  std::deque<Awaited> expected_;
  std::deque<std::string_view> output_;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) return 2;
  const std::vector<std::string_view> options(arguments + 5, arguments + count);
  const auto asked = [&](std::string_view option) {
    return std::find(options.begin(), options.end(), option) != options.end();
  };
  ::signal(SIGPIPE, SIG_IGN);
  const auto messages = static_cast<std::size_t>(std::atoll(arguments[2]));
  Work work{make_message(static_cast<std::size_t>(std::atoll(arguments[3]))), messages, messages,
            asked("--signed")};
  if (work.is_signed) sign("warm");  // makes the key
  auto* const tls = asked("--tls") ? SSL_CTX_new(TLS_client_method()) : nullptr;

  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Sender>> senders;
  for (int i = 0; i < std::atoi(arguments[4]); ++i) {
    senders.push_back(std::make_unique<Sender>(std::atoi(arguments[1]), tls, work));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = senders.back().get();
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, senders.back()->fd(), &event);
  }
  const auto began = std::chrono::steady_clock::now();
  const auto cpu = cpu_seconds();
  while (work.unanswered > 0) {
    epoll_event events[64];
    const int ready = ::epoll_wait(epoll, events, 64, 30'000);
    if (ready <= 0) die("bench_floor: nothing happens any more");
    for (int i = 0; i < ready; ++i) static_cast<Sender*>(events[i].data.ptr)->step();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%.6f %.3f\n", took.count(),
              (cpu_seconds() - cpu) * 1e6 / static_cast<double>(messages));
}
