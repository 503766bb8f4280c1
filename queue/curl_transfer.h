// A libcurl transfer from its first packet to the connection's end, and what its codes mean in
// plain words. Only curl_*.cpp know curl.h, which has its handles as pointers to void.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "queue/curl_connection.h"
#include "queue/smtp_dialogue.h"

namespace postrider::queue {

struct Transfer {
  /// Takes its place in the multi. `token`: of XOAUTH2; `is_fresh`: it was fetched for this.
  static std::unique_ptr<Transfer> start(void* multi, const SmtpRelayOptions& options,
                                         Connector::Opened opened, std::string token,
                                         bool is_fresh);
  /// Closes its connection, without blocking.
  ~Transfer();

  void* easy = nullptr;
  void* multi = nullptr;
  SmtpDialogue dialogue{};
  std::string tls{};  // its version; empty: none
  std::string token{};
  bool is_fresh = false;
  std::array<char, 256> error{};  // CURL_ERROR_SIZE
  Connector::Opened opened{};
};

/// HOST:PORT
std::string peer_of(const SmtpRelayOptions& options);

/// What is wrong, as a person would say it; libcurl's or the server's own words at the end. `code`:
/// a CURLcode; `response`: the server's last code.
std::string reason_of(const Transfer& transfer, const SmtpRelayOptions& options, int code,
                      long response);

/// The transfer has opened `fd`.
std::unique_ptr<Connection> make_connection(std::unique_ptr<Transfer> transfer, int fd,
                                            const SmtpRelayOptions& options);

}  // namespace postrider::queue
