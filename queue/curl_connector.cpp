#include <cerrno>
#include <chrono>
#include <curl/curl.h>
#include <map>
#include <set>
#include <stdexcept>
#include <sys/epoll.h>
#include <system_error>
#include <utility>
#include <vector>

#include "queue/curl_connection.h"
#include "queue/curl_library.h"
#include "queue/curl_transfer.h"
#include "queue/token_fetch.h"

namespace postrider::queue {

namespace {

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
    if (!options_.tokens) return;
    fetch_.emplace(options_.tokens);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fetch_->fd();
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fetch_->fd(), &event) != 0)
      throw std::system_error(errno, std::generic_category(), "epoll");
  }
  ~CurlConnector() override {
    transfers_.clear();
    curl_multi_cleanup(multi_);
  }

  void open(Opened opened) override {
    if (!fetch_) return start(std::move(opened), "", true);
    if (const auto token = options_.tokens->at_hand(); token && waiting_.empty())
      return start(std::move(opened), *token, false);
    waiting_.push_back(std::move(opened));
    fetch_->start("");
  }

  bool on_event(int fd, std::uint32_t events) override {
    if (fetch_ && fd == fetch_->fd()) {
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

  std::optional<Steady::time_point> deadline() const override { return deadline_; }

  void on_time() override {
    deadline_.reset();
    act(CURL_SOCKET_TIMEOUT, 0);
  }

  std::size_t opening() const override { return transfers_.size() + waiting_.size(); }

 private:
  void take_token() {
    const auto token = fetch_->take();
    if (!token) return;
    for (auto& opened : std::exchange(waiting_, {})) {
      if (*token)
        start(std::move(opened), **token, true);
      else
        opened(failure(peer_of(options_) + ": " + token->error().message));
    }
  }

  void start(Opened opened, const std::string& token, bool is_fresh) {
    auto transfer = Transfer::start(multi_, options_, std::move(opened), token, is_fresh);
    auto* const easy = transfer->easy;
    transfers_.emplace(easy, std::move(transfer));
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
    if (code == CURLE_LOGIN_DENIED && fetch_ && !transfer->is_fresh && response / 100 != 4) {
      waiting_.push_back(std::move(opened));
      return fetch_->start(transfer->token);
    }
    // A password that is refused stays the same until the settings are read anew; tokens change.
    const bool lasting =
        code == CURLE_LOGIN_DENIED && !fetch_ && transfer->dialogue.last_line().starts_with('5');
    if (code != CURLE_OK)
      return opened(failure(reason_of(*transfer, options_, code, response), lasting));
    // Credentials were given but no AUTH was offered: libcurl goes on without.
    if (!options_.username.empty() && response != 235)
      return opened(failure(peer_of(options_) +
                            " offers no way to log in (AUTH) that fits; its last line was: " +
                            transfer->dialogue.last_line()));
    // After STARTTLS no server offers it again: it was spelt so that libcurl passed it over.
    if (options_.tls == TlsPolicy::opportunistic && transfer->dialogue.offers().starttls)
      return opened(failure(peer_of(options_) +
                            " offers STARTTLS in a way that cannot be used; set tls = "
                            "\"required\", or \"none\" to go without"));
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
    if (socket == CURL_SOCKET_BAD)
      return opened(failure(peer_of(options_) + " closed the connection"));
    opened(make_connection(std::move(transfer), static_cast<int>(socket), options_));
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
      self.deadline_ = Steady::now() + std::chrono::milliseconds(timeout_ms);
    return 0;
  }

  const SmtpRelayOptions options_;
  const int epoll_;
  CURLM* multi_;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::set<int> sockets_;
  std::optional<Steady::time_point> deadline_;

  std::vector<Opened> waiting_;      // for a token
  std::optional<TokenFetch> fetch_;  // of XOAUTH2
};

}  // namespace

std::unique_ptr<Connector> Connector::make(const SmtpRelayOptions& options, int epoll) {
  initialise_curl();
  return std::make_unique<CurlConnector>(options, epoll);
}

}  // namespace postrider::queue
