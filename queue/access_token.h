// OAuth 2.0 access tokens (RFC 6750) for AUTH XOAUTH2: fetched from a file or by a command, kept
// until they expire or are refused. One keeper serves all sender threads of a relay.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace postrider::queue {

struct AccessToken {
  std::string text;
  std::optional<Duration> lifetime;  // from its fetching; nothing: until it is refused
};

/// What a command or file says: the token on its first line, or JSON with access_token and
/// expires_in (RFC 6749 §5.1). The error has no part of it.
Result<AccessToken> parse_access_token(std::string_view text);

struct TokenSource {
  std::filesystem::path file;        // or
  std::vector<std::string> command;  // as of run_command
};

class TokenKeeper {
 public:
  TokenKeeper(TokenSource source, const Clock& clock) : source_(std::move(source)), clock_(clock) {}

  /// The token at hand; nothing: there is none that is good, or it is being fetched. Never waits.
  std::optional<std::string> at_hand();

  /// The same, fetched where there is none or it is `refused`: may block for as long as a command
  /// may take, or until `stop`.
  Result<std::string> fetch(const std::string& refused, const std::stop_token& stop);

 private:
  bool good() const;
  Result<AccessToken> read(const std::stop_token& stop) const;

  const TokenSource source_;
  const Clock& clock_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable_any fetched_;
  bool fetching_ = false;
  std::string token_;  // empty: none
  std::optional<Instant> good_until_;
};

}  // namespace postrider::queue
