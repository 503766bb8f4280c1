#include "queue/login_secrets.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postrider::queue {

namespace {

constexpr std::string_view mask = "***";
// What is shorter is found in words that have nothing to do with it.
constexpr std::size_t shortest = 4;
constexpr std::size_t shortest_beginning = 8;

/// How many of the secret's first octets the text ends with.
std::size_t begun_at_end(std::string_view text, std::string_view secret) {
  for (auto size = std::min(text.size(), secret.size()); size >= shortest_beginning; --size)
    if (text.ends_with(secret.substr(0, size))) return size;
  return 0;
}

}  // namespace

LoginSecrets LoginSecrets::of_password(std::string_view username, std::string_view password) {
  LoginSecrets made;
  std::string plain(1, '\0');
  plain.append(username).append(1, '\0').append(password);
  made.add(base64(plain));
  made.add(base64(std::string(username) + plain));
  made.add(base64(password));
  made.add(std::string(password));
  return made;
}

LoginSecrets LoginSecrets::of_token(std::string_view username, std::string_view token) {
  LoginSecrets made;
  made.add(
      base64("user=" + std::string(username) + "\1auth=Bearer " + std::string(token) + "\1\1"));
  made.add(base64(token));
  made.add(std::string(token));
  return made;
}

void LoginSecrets::add(std::string secret) {
  if (secret.size() < shortest) return;
  auto unpadded = secret.substr(0, secret.find_last_not_of('=') + 1);  // a server may leave it out
  secrets_.push_back(std::move(secret));
  if (unpadded.size() >= shortest && unpadded != secrets_.back())
    secrets_.push_back(std::move(unpadded));
}

std::string LoginSecrets::hidden(std::string text) const {
  for (const auto& secret : secrets_) {
    if (text.find(secret) != std::string::npos) text = replace_all(std::move(text), secret, mask);
    if (const auto size = begun_at_end(text, secret); size > 0)
      text.replace(text.size() - size, size, mask);
  }
  return text;
}

}  // namespace postrider::queue
