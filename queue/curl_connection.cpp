#include "queue/curl_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <curl/curl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include "queue/curl_transfer.h"

namespace postrider::queue {

namespace {

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
  const SmtpOffers& offers() const override { return transfer_->dialogue.offers(); }
  const Endpoint& peer() const override { return peer_; }
  const LoginSecrets& secrets() const override { return transfer_->dialogue.secrets(); }

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

}  // namespace

std::unique_ptr<Connection> make_connection(std::unique_ptr<Transfer> transfer, int fd,
                                            const SmtpRelayOptions& options) {
  return std::make_unique<CurlConnection>(std::move(transfer), fd, peer_of(options),
                                          options.tls == TlsPolicy::none);
}

}  // namespace postrider::queue
