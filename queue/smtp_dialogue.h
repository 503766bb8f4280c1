// What a server says until a connection is ready: its offers, and its words where it refuses.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "queue/login_secrets.h"
#include "queue/smtp_session.h"

namespace postrider::queue {

class SmtpDialogue {
 public:
  /// `secrets`: ours, which the server's words are freed of.
  explicit SmtpDialogue(LoginSecrets secrets = {}) : secrets_(std::move(secrets)) {}

  /// The next line, with or without its CRLF.
  void take(std::string_view line);

  /// Of the last EHLO reply.
  const SmtpOffers& offers() const { return offers_; }
  /// Printable; of a refused XOAUTH2 the reason that it encodes.
  const std::string& last_line() const { return last_line_; }
  const LoginSecrets& secrets() const { return secrets_; }

 private:
  LoginSecrets secrets_;
  SmtpOffers offers_;
  std::string last_line_;
};

}  // namespace postrider::queue
