#include "queue/curl_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <curl/curl.h>
#include <map>
#include <openssl/ssl.h>
#include <set>
#include <span>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/text.h"

namespace postrider::queue {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr const char* system_store = "/etc/ssl/certs/ca-certificates.crt";

void initialise_curl() {
  static const bool done = [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
      throw std::runtime_error("libcurl cannot be initialised");
    return true;
  }();
  (void)done;
}

/// XOAUTH2's "334 eyJ…": the reason of a refusal, in base64; empty: there is none.
std::string challenge_text(std::string_view line) {
  if (!line.starts_with("334 ")) return {};
  std::string encoded(line.substr(4));
  std::replace(encoded.begin(), encoded.end(), '+', '-');
  std::replace(encoded.begin(), encoded.end(), '/', '_');
  encoded.erase(encoded.find_last_not_of('=') + 1);
  std::vector<std::uint8_t> bytes;
  if (!from_base64url(encoded, bytes)) return {};
  return printable({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// What the server says while libcurl connects, line by line.
struct Dialogue {
  SmtpOffers offers;
  std::string last_line;  // of a refusal, mostly

  void take(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.size() < 4) return;
    last_line = printable(cut_utf8(line, 300));
    if (const auto challenge = challenge_text(line); !challenge.empty())
      last_line = "334 " + challenge;
    // A new greeting is a new server, and an EHLO after STARTTLS another list: forget the old one.
    if (line.starts_with("220")) offers = {};
    if (!line.starts_with("250")) return;
    const auto words = split(line.substr(4), ' ');
    if (iequals(words[0], "PIPELINING")) offers.pipelining = true;
    if (iequals(words[0], "STARTTLS")) offers.starttls = true;
    if (iequals(words[0], "8BITMIME")) offers.eight_bit_mime = true;
    if (iequals(words[0], "DSN")) offers.dsn = true;
    if (iequals(words[0], "SMTPUTF8")) offers.smtputf8 = true;
    if (iequals(words[0], "SIZE") && words.size() > 1)
      offers.size =
          static_cast<std::size_t>(std::strtoull(std::string(words[1]).c_str(), nullptr, 10));
  }
};

/// A libcurl transfer from its first packet to the connection's end.
struct Transfer {
  CURL* easy = nullptr;
  CURLM* multi = nullptr;
  Dialogue dialogue;
  std::string tls;        // its version; empty: none
  std::string token;      // of XOAUTH2
  bool is_fresh = false;  // the token was fetched for this: it is not asked for again
  std::array<char, CURL_ERROR_SIZE> error{};
  Connector::Opened opened;

  // Removing the handle from the multi closes its connection, without blocking.
  ~Transfer() {
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
  }
};

/// "TLSv1.3"; empty: none.
std::string tls_version(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
      session->backend != CURLSSLBACKEND_OPENSSL || !session->internals)
    return {};
  return SSL_get_version(static_cast<const SSL*>(session->internals));
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.dialogue.take({data, size * count});
  // Once the connection is ready, libcurl does not find its TLS any more.
  transfer.tls = tls_version(transfer.easy);
  return size * count;
}

CURLcode on_ssl_context(CURL*, void* context, void*) {
  // A send that is taken up again may come from another address or with more bytes.
  SSL_CTX_set_mode(static_cast<SSL_CTX*>(context),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return CURLE_OK;
}

class CurlConnection final : public Connection {
 public:
  CurlConnection(std::unique_ptr<Transfer> transfer, int fd, std::string host, bool plain)
      : transfer_(std::move(transfer)),
        fd_(fd),
        peer_{std::move(host), transfer_->tls},
        plain_(plain) {
    // An untouched connection may be pruned when another handle is added.
    std::array<char, 1> nothing;
    std::size_t count = 0;
    if (curl_easy_recv(transfer_->easy, nothing.data(), nothing.size(), &count) == CURLE_OK &&
        count > 0)
      early_ = std::string(nothing.data(), count);
  }

  int fd() const override { return fd_; }
  const SmtpOffers& offers() const override { return transfer_->dialogue.offers; }
  const Endpoint& peer() const override { return peer_; }

  State send(std::span<const std::string_view> pieces, std::size_t& octets) override {
    const auto code = plain_ ? send_plain(pieces, octets) : send_by_tls(pieces, octets);
    return code == CURLE_OK || code == CURLE_AGAIN ? State::open : State::closed;
  }

  State receive(const std::function<bool(std::string_view)>& take) override {
    if (const auto early = std::exchange(early_, {}); !early.empty() && !take(early))
      return State::open;
    for (;;) {
      std::array<char, 16384> buffer;
      std::size_t count = 0;
      const auto code = receive_some(buffer, count);
      if (code == CURLE_AGAIN) return State::open;
      if (code != CURLE_OK || count == 0) return State::closed;
      if (!take({buffer.data(), count})) return State::open;
      // What TLS has read already, the epoll does not tell; of what comes later it does.
      if (plain_ && count < buffer.size()) return State::open;
    }
  }

 private:
  // Without TLS nothing is between us and the socket, and libcurl's way to it is longer.
  CURLcode send_plain(std::span<const std::string_view> pieces, std::size_t& octets) const {
    std::array<iovec, 64> parts;
    const auto count = std::min(parts.size(), pieces.size());
    for (std::size_t i = 0; i < count; ++i)
      parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    octets = 0;
    return told(::sendmsg(fd_, &message, MSG_NOSIGNAL), octets, CURLE_SEND_ERROR);
  }

  /// In full records, whatever the pieces are.
  CURLcode send_by_tls(std::span<const std::string_view> pieces, std::size_t& octets) const {
    std::array<char, 16384> record;
    octets = 0;
    std::size_t offset = 0;  // in the first piece
    while (!pieces.empty()) {
      std::size_t size = 0;
      auto from = offset;
      for (const auto piece : pieces) {
        size += piece.copy(record.data() + size, record.size() - size, from);
        from = 0;
        if (size == record.size()) break;
      }
      std::size_t count = 0;
      const auto code = curl_easy_send(transfer_->easy, record.data(), size, &count);
      if (code != CURLE_OK) return code;
      octets += count;
      for (offset += count; !pieces.empty() && offset >= pieces.front().size();
           pieces = pieces.subspan(1))
        offset -= pieces.front().size();
    }
    return CURLE_OK;
  }

  CURLcode receive_some(std::span<char> buffer, std::size_t& count) const {
    if (!plain_) return curl_easy_recv(transfer_->easy, buffer.data(), buffer.size(), &count);
    return told(::recv(fd_, buffer.data(), buffer.size(), 0), count, CURLE_RECV_ERROR);
  }

  static CURLcode told(ssize_t octets, std::size_t& count, CURLcode error) {
    if (octets < 0)
      return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? CURLE_AGAIN : error;
    count = static_cast<std::size_t>(octets);
    return CURLE_OK;
  }

 private:
  std::unique_ptr<Transfer> transfer_;
  int fd_;
  const Endpoint peer_;
  const bool plain_;  // there can be no TLS
  std::string early_;
};

tl::unexpected<ConnectFailure> failure(std::string why, bool lasting = false) {
  return tl::make_unexpected(ConnectFailure{std::move(why), lasting});
}

class CurlConnector final : public Connector {
 public:
  CurlConnector(SmtpRelayOptions options, int epoll)
      : options_(std::move(options)), epoll_(epoll), multi_(curl_multi_init()) {
    if (!multi_) throw std::runtime_error("libcurl has no multi handle");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlConnector::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlConnector::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fetched_;
    if (fetched_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fetched_, &event) != 0)
      throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~CurlConnector() override {
    fetching_ = {};  // ends it, and waits for that
    ::close(fetched_);
    transfers_.clear();
    curl_multi_cleanup(multi_);
  }

  void open(Opened opened) override {
    if (!options_.tokens) return start(std::move(opened), "", true);
    if (const auto token = options_.tokens->at_hand(); token && waiting_.empty())
      return start(std::move(opened), *token, false);
    waiting_.push_back(std::move(opened));
    fetch("");
  }

  bool on_event(int fd, std::uint32_t events) override {
    if (fd == fetched_) {
      take_token();
      return true;
    }
    if (!sockets_.contains(fd)) return false;
    int mask = 0;
    if (events & EPOLLIN) mask |= CURL_CSELECT_IN;
    if (events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_ERR;
    act(fd, mask);
    return true;
  }

  std::optional<SteadyTime> deadline() const override { return deadline_; }

  void on_time() override {
    deadline_.reset();
    act(CURL_SOCKET_TIMEOUT, 0);
  }

  std::size_t opening() const override { return transfers_.size() + waiting_.size(); }

 private:
  /// On a thread of its own, which tells by `fetched_`: a command may take its time.
  void fetch(const std::string& refused) {
    if (fetching_.joinable()) return;
    fetching_ = std::jthread([this, refused](const std::stop_token& stop) {
      try {
        token_ = options_.tokens->fetch(refused, stop);
      } catch (const std::exception& error) {
        token_ = fail(error.what());
      }
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(fetched_, &one, sizeof one);
    });
  }

  void take_token() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(fetched_, &count, sizeof count);
    if (!fetching_.joinable()) return;
    fetching_.join();
    const auto token = std::exchange(token_, std::string());
    for (auto& opened : std::exchange(waiting_, {})) {
      if (token)
        start(std::move(opened), *token, true);
      else
        opened(failure(peer() + ": " + token.error().message));
    }
  }

  void start(Opened opened, const std::string& token, bool is_fresh) {
    auto transfer = std::make_unique<Transfer>();
    transfer->easy = curl_easy_init();
    transfer->multi = multi_;
    transfer->opened = std::move(opened);
    transfer->token = token;
    transfer->is_fresh = is_fresh;
    if (!transfer->easy) throw std::runtime_error("libcurl has no easy handle");
    set_options(*transfer);
    auto* easy = transfer->easy;
    transfers_.emplace(easy, std::move(transfer));
    curl_multi_add_handle(multi_, easy);
  }

  void set_options(Transfer& transfer) {
    auto* easy = transfer.easy;
    const bool implicit = options_.tls == TlsPolicy::implicit;
    const auto url = std::string(implicit ? "smtps" : "smtp") + "://" + options_.host + ":" +
                     std::to_string(options_.port);
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
    const long use_ssl = options_.tls == TlsPolicy::none            ? CURLUSESSL_NONE
                         : options_.tls == TlsPolicy::opportunistic ? CURLUSESSL_TRY
                                                                    : CURLUSESSL_ALL;
    curl_easy_setopt(easy, CURLOPT_USE_SSL, use_ssl);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_ssl_context);
    // A CAPATH would turn the multi's cache of certificates off.
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_CAINFO,
                     options_.ca_file.empty() ? system_store : options_.ca_file.c_str());
    if (options_.username.empty()) return;
    curl_easy_setopt(easy, CURLOPT_USERNAME, options_.username.c_str());
    curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);
    if (options_.tokens) {
      curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, transfer.token.c_str());
      // It stands beside OAUTHBEARER at large providers, and libcurl would choose that.
      curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
    } else {
      curl_easy_setopt(easy, CURLOPT_PASSWORD, options_.password.c_str());
    }
  }

  void act(curl_socket_t socket, int mask) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, mask, &running);
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) done(message->easy_handle, message->data.result);
    }
  }

  void done(CURL* easy, CURLcode code) {
    const auto found = transfers_.find(easy);
    if (found == transfers_.end()) return;
    auto transfer = std::move(found->second);
    transfers_.erase(found);
    auto opened = std::move(transfer->opened);
    long response = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response);
    // The token may have been taken back before its time: once with a new one.
    if (code == CURLE_LOGIN_DENIED && !transfer->is_fresh && response / 100 != 4) {
      waiting_.push_back(std::move(opened));
      return fetch(transfer->token);
    }
    // A password that is refused stays the same until the settings are read anew; tokens change.
    const bool lasting = code == CURLE_LOGIN_DENIED && !options_.tokens &&
                         transfer->dialogue.last_line.starts_with('5');
    if (code != CURLE_OK) return opened(failure(reason(*transfer, code, response), lasting));
    // Credentials were given but no AUTH was offered: libcurl goes on without.
    if (!options_.username.empty() && response != 235)
      return opened(failure(peer() +
                            " offers no way to log in (AUTH) that fits; its last line was: " +
                            transfer->dialogue.last_line));
    // After STARTTLS no server offers it again: it was spelt so that libcurl passed it over.
    if (options_.tls == TlsPolicy::opportunistic && transfer->dialogue.offers.starttls)
      return opened(failure(peer() + " offers STARTTLS in a way that cannot be used; set tls = "
                                     "\"required\", or \"none\" to go without"));
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
    if (socket == CURL_SOCKET_BAD) return opened(failure(peer() + " closed the connection"));
    opened(std::make_unique<CurlConnection>(std::move(transfer), static_cast<int>(socket), peer(),
                                            options_.tls == TlsPolicy::none));
  }

  std::string peer() const { return options_.host + ":" + std::to_string(options_.port); }

  /// What is wrong, as a person would say it; libcurl's or the server's own words at the end.
  std::string reason(const Transfer& transfer, CURLcode code, long response) const {
    std::string detail(transfer.error.data());
    if (detail.empty()) detail = curl_easy_strerror(code);
    const auto& said = transfer.dialogue.last_line;
    const auto with_reply = [&](const std::string& what) {
      return peer() + " " + what + (said.empty() ? "" : ": " + said);
    };
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST:
        return "the name " + options_.host + " cannot be resolved";
      case CURLE_COULDNT_CONNECT:
        return peer() + " refuses the connection";
      case CURLE_OPERATION_TIMEDOUT:
        return peer() + " did not answer in time";
      case CURLE_PEER_FAILED_VERIFICATION:
        return peer() + " has a certificate that is not trusted: " + detail;
      case CURLE_SSL_CACERT_BADFILE:
        return "the file of trusted certificates cannot be used: " + detail;
      case CURLE_USE_SSL_FAILED:
        return peer() +
               (response == 250 ? " does not offer STARTTLS" : " refuses STARTTLS: " + said);
      case CURLE_LOGIN_DENIED:
        return with_reply("refuses the log-in");
      case CURLE_SSL_CONNECT_ERROR:
        return peer() + " does not speak TLS as expected: " + detail;
      case CURLE_WEIRD_SERVER_REPLY:
        return with_reply("does not welcome us");
      case CURLE_REMOTE_ACCESS_DENIED:
        return with_reply("refuses us");
      case CURLE_RECV_ERROR:
      case CURLE_GOT_NOTHING:
        return peer() + " closed the connection";
      default:
        return peer() + ": " + detail;
    }
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void*) {
    auto& self = *static_cast<CurlConnector*>(user);
    epoll_event event{};
    event.data.fd = static_cast<int>(socket);
    if (what == CURL_POLL_REMOVE) {
      ::epoll_ctl(self.epoll_, EPOLL_CTL_DEL, event.data.fd, nullptr);
      self.sockets_.erase(event.data.fd);
      return 0;
    }
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    const bool known = !self.sockets_.insert(event.data.fd).second;
    // A number that was closed and given out anew is no longer in the epoll.
    if (!known || ::epoll_ctl(self.epoll_, EPOLL_CTL_MOD, event.data.fd, &event) != 0)
      ::epoll_ctl(self.epoll_, EPOLL_CTL_ADD, event.data.fd, &event);
    return 0;
  }

  static int on_timer(CURLM*, long timeout_ms, void* user) {
    auto& self = *static_cast<CurlConnector*>(user);
    if (timeout_ms < 0)
      self.deadline_.reset();
    else
      self.deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    return 0;
  }

  const SmtpRelayOptions options_;
  const int epoll_;
  CURLM* multi_;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::set<int> sockets_;
  std::optional<SteadyTime> deadline_;

  const int fetched_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::vector<Opened> waiting_;                // for a token
  Result<std::string> token_ = std::string();  // the fetching thread's until it is joined
  std::jthread fetching_;
};

}  // namespace

std::unique_ptr<Connector> Connector::make(const SmtpRelayOptions& options, int epoll) {
  initialise_curl();
  return std::make_unique<CurlConnector>(options, epoll);
}

}  // namespace postrider::queue
