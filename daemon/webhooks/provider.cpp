#include "daemon/webhooks/provider.h"

#include <algorithm>

#include "daemon/webhooks/mailgun.h"
#include "daemon/webhooks/postmark.h"
#include "daemon/webhooks/sendgrid.h"
#include "daemon/webhooks/ses.h"

namespace postrider::daemon::webhooks {

namespace {

constexpr int deepest = 20;  // objects and lists in each other

bool is_flat_enough(std::string_view json) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if ((c == '{' || c == '[') && ++depth > deepest) return false;
    if (c == '}' || c == ']') --depth;
  }
  return true;
}

}  // namespace

std::string_view name_of(Provider provider) {
  switch (provider) {
    case Provider::ses:
      return "ses";
    case Provider::sendgrid:
      return "sendgrid";
    case Provider::postmark:
      return "postmark";
    case Provider::mailgun:
      break;
  }
  return "mailgun";
}

std::string source_of(Provider provider) { return "webhook:" + std::string(name_of(provider)); }

std::optional<Provider> provider_of(std::string_view source) {
  const auto* found = std::ranges::find_if(
      all_providers, [&](Provider provider) { return source_of(provider) == source; });
  return found == all_providers.end() ? std::nullopt : std::optional(*found);
}

std::optional<Told> read_event(Provider provider, const Json& event) {
  switch (provider) {
    case Provider::ses:
      return read_ses(event);
    case Provider::sendgrid:
      return read_sendgrid(event);
    case Provider::postmark:
      return read_postmark(event);
    case Provider::mailgun:
      break;
  }
  return read_mailgun(event);
}

std::optional<Json> parse_json(std::string_view text) {
  if (!is_flat_enough(text)) return {};
  auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return {};
  return json;
}

}  // namespace postrider::daemon::webhooks
