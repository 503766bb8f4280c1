#include "queue/access_token.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/command.h"
#include "base/files.h"
#include "base/text.h"

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t longest_token = 8192;
constexpr Duration file_lifetime = 60s;  // whoever writes the file tells nobody
constexpr Duration longest_lead = 60s;   // a token is fetched again that much before its end
constexpr std::int64_t most_seconds = 366 * 86400;

Result<AccessToken> from_json(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return fail("the token is no JSON object, though it begins like one");
  const auto token = json.find("access_token");
  if (token == json.end() || !token->is_string())
    return fail("the token's JSON has no text access_token");
  AccessToken read{token->get<std::string>(), {}};
  const auto lifetime = json.find("expires_in");
  if (lifetime == json.end()) return read;
  if (!lifetime->is_number()) return fail("the token's expires_in is no number");
  const auto seconds = std::clamp(lifetime->get<double>(), 0.0, static_cast<double>(most_seconds));
  read.lifetime = std::chrono::seconds(static_cast<std::int64_t>(seconds));
  return read;
}

}  // namespace

Result<AccessToken> parse_access_token(std::string_view text) {
  text = trim(text);
  auto read = text.starts_with('{')
                  ? from_json(text)
                  : AccessToken{std::string(trim(text.substr(0, text.find('\n')))), {}};
  if (!read) return read;
  if (read->text.empty()) return fail("there is no token in it");
  if (read->text.size() > longest_token)
    return fail("the token is longer than " + std::to_string(longest_token) + " octets");
  // What could end a command or its field never comes through (RFC 6750 §2.1 has less).
  if (!std::all_of(read->text.begin(), read->text.end(),
                   [](char c) { return c > ' ' && c <= '~'; }))
    return fail(
        "the token has characters that no token has; write it alone on the first line, or "
        "JSON with access_token");
  return read;
}

bool TokenKeeper::good() const {
  return !token_.empty() && (!good_until_ || clock_.now() < *good_until_);
}

std::optional<std::string> TokenKeeper::at_hand() {
  const std::lock_guard lock(mutex_);
  return !fetching_ && good() ? std::optional(token_) : std::nullopt;
}

Result<std::string> TokenKeeper::fetch(const std::string& refused, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!fetched_.wait(lock, stop, [this] { return !fetching_; }))
    return fail("the daemon is ending");
  if (good() && token_ != refused) return token_;
  token_.clear();
  fetching_ = true;
  lock.unlock();
  auto read = this->read(stop);
  lock.lock();
  fetching_ = false;
  fetched_.notify_all();
  if (!read) return tl::make_unexpected(read.error());
  token_ = std::move(read->text);
  good_until_.reset();
  if (read->lifetime)
    good_until_ = clock_.now() + *read->lifetime - std::min(longest_lead, *read->lifetime / 10);
  return token_;
}

Result<AccessToken> TokenKeeper::read(const std::stop_token& stop) const {
  const auto text =
      source_.command.empty() ? read_secret(source_.file) : run_command(source_.command, stop);
  if (!text) return fail("no access token: " + text.error().message);
  auto token = parse_access_token(*text);
  const auto from = source_.command.empty() ? source_.file.string() : source_.command[0];
  if (!token) return fail("no access token from " + printable(from) + ": " + token.error().message);
  // A file's expires_in was counted from when it was written.
  if (source_.command.empty()) token->lifetime = file_lifetime;
  return token;
}

}  // namespace postrider::queue
