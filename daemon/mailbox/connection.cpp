#include "daemon/mailbox/connection.h"

#include <algorithm>
#include <array>
#include <curl/curl.h>
#include <poll.h>
#include <utility>

#include "base/text.h"
#include "config/mailbox_kind.h"
#include "queue/curl_library.h"
#include "queue/login_secrets.h"

namespace postrider::daemon::mailbox {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

namespace {

constexpr Duration longest_wait = 500ms;  // before we look whether the daemon ends

struct LoginRefused : Broken {
  using Broken::Broken;
};

[[noreturn]] void end() { throw Broken("the daemon is ending"); }

class CurlConnection final : public Connection {
 public:
  CurlConnection(const Way& way, const std::string& token)
      : stop_(way.stop),
        limits_(way.limits),
        host_(way.settings.host),
        peer_(host_ + ":" + std::to_string(way.settings.port)),
        secrets_(way.tokens ? queue::LoginSecrets::of_token(way.settings.username, token)
                            : queue::LoginSecrets::of_password(way.settings.username,
                                                               way.settings.password)),
        easy_(curl_easy_init(), &curl_easy_cleanup) {
    if (!easy_) throw std::runtime_error("libcurl has no easy handle");
    set_options(way.settings);
    set_login(way, token);
    if (const auto code = curl_easy_perform(easy_.get()); code != CURLE_OK) refuse(code);
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy_.get(), CURLINFO_ACTIVESOCKET, &socket);
    if (socket == CURL_SOCKET_BAD) throw Broken(peer_ + " closed the connection");
    fd_ = socket;
    until_ = Steady::now() + limits_.session;
  }

  const std::string& peer() const override { return peer_; }

  void send(std::string_view bytes) override {
    const auto until = deadline();
    while (!bytes.empty()) {
      std::size_t count = 0;
      const auto code = curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &count);
      if (code != CURLE_OK && code != CURLE_AGAIN) throw Broken(peer_ + " closed the connection");
      bytes.remove_prefix(count);
      if (!bytes.empty()) wait(POLLOUT, until);
    }
  }

  std::size_t receive(std::span<char> into) override {
    const auto until = deadline();
    for (;;) {
      std::size_t count = 0;
      const auto code = curl_easy_recv(easy_.get(), into.data(), into.size(), &count);
      if (code == CURLE_OK && count > 0) return count;
      if (code != CURLE_AGAIN) throw Broken(peer_ + " closed the connection");
      wait(POLLIN, until);
    }
  }

 private:
  void set_options(const config::Mailbox& settings) {
    auto* const easy = easy_.get();
    const bool implicit =
        settings.kind == config::MailboxKind::imaps || settings.kind == config::MailboxKind::pop3s;
    const auto url = std::string(config::is_imap(settings.kind) ? "imap" : "pop3") +
                     (implicit ? "s://" : "://") + peer_;
    const long use_ssl = settings.tls == config::Tls::none            ? CURLUSESSL_NONE
                         : settings.tls == config::Tls::opportunistic ? CURLUSESSL_TRY
                                                                      : CURLUSESSL_ALL;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "imap,imaps,pop3,pop3s");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    const auto connect_ms = static_cast<long>(limits_.connect.count());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, connect_ms);
    curl_easy_setopt(easy, CURLOPT_USE_SSL, use_ssl);
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(
        easy, CURLOPT_CAINFO,
        settings.ca_file.empty() ? queue::system_certificates : settings.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlConnection::on_line);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &CurlConnection::on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  }

  void set_login(const Way& way, const std::string& token) {
    auto* const easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_USERNAME, way.settings.username.c_str());
    curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);
    if (way.tokens) {
      curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, token.c_str());
      // It stands beside OAUTHBEARER at large providers, and libcurl would choose that.
      curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
    } else {
      curl_easy_setopt(easy, CURLOPT_PASSWORD, way.settings.password.c_str());
    }
  }

  /// In plain words; libcurl's or the server's own at the end.
  [[noreturn]] void refuse(CURLcode code) const {
    const std::string detail = error_[0] ? error_.data() : curl_easy_strerror(code);
    const auto said = said_.empty() ? "" : "; its last words were: " + said_;
    switch (code) {
      case CURLE_ABORTED_BY_CALLBACK:
        end();
      case CURLE_COULDNT_RESOLVE_HOST:
        throw Broken("the name " + host_ + " cannot be resolved; look at [bounces] mailbox");
      case CURLE_COULDNT_CONNECT:
        throw Broken(peer_ + " refuses the connection");
      case CURLE_OPERATION_TIMEDOUT:
        throw Broken(peer_ + " did not answer in time");
      case CURLE_PEER_FAILED_VERIFICATION:
        throw Broken(peer_ + " has a certificate that is not trusted: " + detail);
      case CURLE_SSL_CACERT_BADFILE:
        throw Broken("the file of trusted certificates cannot be used: " + detail);
      case CURLE_SSL_CONNECT_ERROR:
        throw Broken(peer_ + " does not speak TLS as expected: " + detail);
      case CURLE_USE_SSL_FAILED:
        throw Broken(peer_ + " gives no TLS (STARTTLS)" + said);
      case CURLE_LOGIN_DENIED:
        throw LoginRefused(peer_ + " refuses the log-in; look at username, and password_file or " +
                           "token, of [bounces]" + said);
      case CURLE_WEIRD_SERVER_REPLY:
        throw Broken(peer_ + " does not welcome us" + said);
      case CURLE_RECV_ERROR:
      case CURLE_GOT_NOTHING:
        throw Broken(peer_ + " closed the connection" + said);
      default:
        throw Broken(peer_ + ": " + detail);
    }
  }

  Steady::time_point deadline() const {
    if (stop_.stop_requested()) end();
    if (Steady::now() >= until_)
      throw Broken(peer_ + " takes too long: " + to_string(limits_.session) +
                   " are the most for a session");
    return std::min(until_, Steady::now() + limits_.answer);
  }

  void wait(short events, Steady::time_point until) const {
    if (stop_.stop_requested()) end();
    const auto left = std::chrono::ceil<Duration>(until - Steady::now());
    if (left <= 0ms) throw Broken(peer_ + " did not answer in time");
    pollfd waiting{fd_, events, 0};
    ::poll(&waiting, 1, static_cast<int>(std::min(left, longest_wait).count()));
  }

  static std::size_t on_line(char* data, std::size_t size, std::size_t count, void* user) {
    auto& self = *static_cast<CurlConnection*>(user);
    const auto line = trim({data, size * count});
    if (!line.empty())
      self.said_ = printable(cut_utf8(self.secrets_.hidden(std::string(line)), longest_said));
    return size * count;
  }

  static int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<CurlConnection*>(user)->stop_.stop_requested() ? 1 : 0;
  }

  const std::stop_token stop_;
  const Patience limits_;
  const std::string host_;
  const std::string peer_;
  const queue::LoginSecrets secrets_;
  std::string said_;  // the server's last line before the log-in was done
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<CURL, void (*)(CURL*)> easy_;
  int fd_ = -1;
  Steady::time_point until_;
};

std::string fetch_token(const Way& way, const std::string& refused) {
  auto token = way.tokens->fetch(refused, way.stop);
  if (!token) throw Broken(way.settings.host + ": " + token.error().message);
  return *token;
}

}  // namespace

std::unique_ptr<Connection> Connection::open(const Way& way) {
  queue::initialise_curl();
  if (way.stop.stop_requested()) end();
  if (!way.tokens) return std::make_unique<CurlConnection>(way, "");
  const auto at_hand = way.tokens->at_hand();
  if (!at_hand) return std::make_unique<CurlConnection>(way, fetch_token(way, ""));
  try {
    return std::make_unique<CurlConnection>(way, *at_hand);
  } catch (const LoginRefused&) {
    // It may have been taken back before its time.
    return std::make_unique<CurlConnection>(way, fetch_token(way, *at_hand));
  }
}

}  // namespace postrider::daemon::mailbox
