// The providers that tell by webhooks what became of mails, and what they tell: JSON, read into
// reports. Pure, on any thread.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "mail/report.h"

namespace postrider::daemon::webhooks {

using Json = nlohmann::json;

enum class Provider : std::uint8_t { ses, sendgrid, postmark, mailgun };
inline constexpr std::array all_providers{Provider::ses, Provider::sendgrid, Provider::postmark,
                                          Provider::mailgun};

/// "ses": in paths.
std::string_view name_of(Provider provider);
/// "webhook:ses": of a report.
std::string source_of(Provider provider);
/// Nothing: that report came by another way.
std::optional<Provider> provider_of(std::string_view source);

/// One event, as it came and is kept.
struct Event {
  std::string id;    // the provider's, unique among its events
  std::string json;  // what `read_event` reads
};

/// What an event says of a mail.
struct Told {
  mail::Report report;
  std::string mail_id = {};  // the provider's name for the mail; empty: it has none
};

/// Nothing: it says nothing of failures or complaints.
std::optional<Told> read_event(Provider provider, const Json& event);

/// Nothing where it is no JSON, or nested too deeply.
std::optional<Json> parse_json(std::string_view text);

}  // namespace postrider::daemon::webhooks
