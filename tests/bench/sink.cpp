// A mail server that takes everything as fast as it can: what a sender is measured against.
//
//   bench_sink MESSAGES [--delay MILLISECONDS] [--tls CERT KEY] [--no-pipelining]
//
// Listens on a loopback port of the system's choice and prints it. After MESSAGES messages it
// prints one line: seconds from the first envelope to the last message, distinct recipients, and
// the most connections at a time. Each reply goes out --delay after its command came in, as over a
// long wire: commands that came together are answered together.
#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>
#include <unordered_set>

namespace {

using Steady = std::chrono::steady_clock;

struct Options {
  std::size_t messages = 0;
  std::chrono::milliseconds delay{0};
  const char* certificate = nullptr;
  const char* key = nullptr;
  bool pipelining = true;
};

struct Tally {
  std::size_t messages = 0;
  std::size_t most_connections = 0;
  std::unordered_set<std::size_t> recipients;  // their hashes
  Steady::time_point first{};
};

class Session {
 public:
  Session(int fd, SSL_CTX* tls, const Options& options, Tally& tally)
      : fd_(fd), ssl_(tls ? SSL_new(tls) : nullptr), options_(options), tally_(tally) {
    if (ssl_) {
      SSL_set_fd(ssl_, fd);
      SSL_set_accept_state(ssl_);
    }
    say("220 sink ESMTP\r\n");
  }
  ~Session() {
    SSL_free(ssl_);
    ::close(fd_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// False: the connection has ended.
  bool receive() {
    static thread_local char buffer[1 << 18];
    for (;;) {
      const auto got = ssl_ ? SSL_read(ssl_, buffer, sizeof buffer)
                            : static_cast<int>(::recv(fd_, buffer, sizeof buffer, 0));
      if (got <= 0) {
        if (ssl_) {
          const int why = SSL_get_error(ssl_, got);
          return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        }
        return got < 0 && errno == EAGAIN;
      }
      take({buffer, static_cast<std::size_t>(got)});
    }
  }

  /// Sends the replies whose time has come.
  void flush(Steady::time_point now) {
    std::string out;
    while (!replies_.empty() && replies_.front().due <= now && SSL_is_ready()) {
      out += replies_.front().text;
      replies_.pop_front();
    }
    if (out.empty()) return;
    if (ssl_)
      SSL_write(ssl_, out.data(), static_cast<int>(out.size()));
    else [[maybe_unused]]
      const auto sent = ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
    if (closing_ && replies_.empty()) ::shutdown(fd_, SHUT_WR);
  }

  Steady::time_point due() const {
    return replies_.empty() ? Steady::time_point::max() : replies_.front().due;
  }

 private:
  struct Reply {
    Steady::time_point due;
    std::string_view text;
  };

  bool SSL_is_ready() const { return !ssl_ || SSL_is_init_finished(ssl_); }

  void say(std::string_view text) { replies_.push_back({Steady::now() + options_.delay, text}); }

  void take(std::string_view bytes) {
    pending_ += bytes;
    std::string_view rest = pending_;
    while (!rest.empty()) {
      const auto before = rest.size();
      if (in_data_)
        take_data(rest);
      else
        take_command(rest);
      if (rest.size() == before) break;
    }
    pending_.erase(0, pending_.size() - rest.size());
  }

  void take_command(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos) return;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    const auto verb = line.substr(0, 4);
    if (verb == "EHLO") {
      say(options_.pipelining
              ? "250-sink\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"
                "250 PIPELINING\r\n"
              : "250-sink\r\n250 SIZE 52428800\r\n");
    } else if (verb == "RCPT") {
      if (tally_.recipients.empty()) tally_.first = Steady::now();
      recipient_ = std::hash<std::string_view>{}(line);
      say("250 2.1.5 ok\r\n");
    } else if (verb == "DATA") {
      in_data_ = true;
      say("354 go on\r\n");
    } else if (verb == "QUIT") {
      closing_ = true;
      say("221 2.0.0 bye\r\n");
    } else {
      say("250 2.0.0 ok\r\n");
    }
  }

  void take_data(std::string_view& rest) {
    const auto end = rest.find("\r\n.\r\n");
    if (end == std::string_view::npos) {
      // All but what may be the beginning of the end.
      if (rest.size() > 4) rest.remove_prefix(rest.size() - 4);
      return;
    }
    rest.remove_prefix(end + 5);
    in_data_ = false;
    ++tally_.messages;
    tally_.recipients.insert(recipient_);
    say("250 2.0.0 taken\r\n");
    if (tally_.messages != options_.messages) return;
    const std::chrono::duration<double> took = Steady::now() - tally_.first;
    std::printf("%.6f %zu %zu\n", took.count(), tally_.recipients.size(), tally_.most_connections);
    std::fflush(stdout);
  }

  const int fd_;
  SSL* const ssl_;
  const Options& options_;
  Tally& tally_;
  std::string pending_;
  std::deque<Reply> replies_;
  std::size_t recipient_ = 0;
  bool in_data_ = false;
  bool closing_ = false;
};

int listen_on_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 1024) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("bench_sink");
    std::exit(1);
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

SSL_CTX* make_tls(const Options& options) {
  if (!options.certificate) return nullptr;
  auto* tls = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(tls, options.certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, options.key, SSL_FILETYPE_PEM) != 1) {
    std::fputs("bench_sink: the certificate cannot be read\n", stderr);
    std::exit(1);
  }
  return tls;
}

class Server {
 public:
  explicit Server(const Options& options) : options_(options), tls_(make_tls(options)) {
    watch(listener_);
  }

  [[noreturn]] void run() {
    for (;;) {
      epoll_event events[128];
      const int count = ::epoll_wait(epoll_, events, 128, milliseconds_to_next_reply());
      for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listener_)
          accept_all();
        else if (!sessions_.at(fd)->receive())
          sessions_.erase(fd);
      }
      const auto now = Steady::now();
      for (const auto& [fd, session] : sessions_) session->flush(now);
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(fd);
      sessions_.emplace(fd, std::make_unique<Session>(fd, tls_, options_, tally_));
      tally_.most_connections = std::max(tally_.most_connections, sessions_.size());
    }
  }

  int milliseconds_to_next_reply() const {
    auto next = Steady::time_point::max();
    for (const auto& [fd, session] : sessions_) next = std::min(next, session->due());
    if (next == Steady::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Steady::now()).count();
    return static_cast<int>(std::max<long>(left, 0));
  }

  const Options& options_;
  SSL_CTX* const tls_;
  const int listener_ = listen_on_loopback();
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  Tally tally_;
  std::unordered_map<int, std::unique_ptr<Session>> sessions_;
};

}  // namespace

int main(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "--delay" && i + 1 < count)
      options.delay = std::chrono::milliseconds(std::atoi(arguments[++i]));
    else if (word == "--no-pipelining")
      options.pipelining = false;
    else if (word == "--tls" && i + 2 < count)
      options.certificate = arguments[++i], options.key = arguments[++i];
    else
      options.messages = static_cast<std::size_t>(std::atoll(arguments[i]));
  }
  ::signal(SIGPIPE, SIG_IGN);
  Server(options).run();
}
