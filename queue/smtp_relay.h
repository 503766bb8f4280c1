// A relay over SMTP: connections by libcurl (TCP, TLS, AUTH), the transaction by smtp_session.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "queue/access_token.h"
#include "queue/relay.h"
#include "queue/relay_health.h"
#include "queue/smtp_session.h"

namespace postrider::queue {

enum class TlsPolicy { implicit, starttls, opportunistic, none };

struct SmtpRelayOptions {
  std::string name;
  std::string host;
  std::uint16_t port = 0;
  TlsPolicy tls = TlsPolicy::implicit;
  std::filesystem::path ca_file;  // empty: the system's store
  std::string username;           // empty: no AUTH
  std::string password;
  std::shared_ptr<TokenKeeper> tokens{};  // of several threads: AUTH XOAUTH2; null: by password
  int connections = 1;                    // of this thread; at most 250
  int messages_per_connection = 500;
  // For TCP, TLS, greeting, EHLO and AUTH together.
  Duration connect_timeout = std::chrono::seconds(30);
  SmtpTimeouts timeouts{};
};

/// `health`: shared by all threads of one relay.
std::unique_ptr<Relay> make_smtp_relay(SmtpRelayOptions options, const Clock& clock,
                                       std::shared_ptr<RelayHealth> health);

}  // namespace postrider::queue
