#include "subscribers/registration.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_name = 200;  // octets

/// The known text itself where nothing in it changes, however it was spelt.
std::string merge(std::string_view known, const Entry& entry) {
  if (entry.attributes.empty()) return std::string(known);
  auto object = Json::parse(known, nullptr, false);
  if (!object.is_object()) object = Json::object();
  bool changed = false;
  for (const auto& [key, value] : entry.attributes) {
    auto parsed = Json::parse(value, nullptr, false);
    const auto old = object.find(key);
    if (parsed.is_discarded() || (old != object.end() && *old == parsed)) continue;
    object[key] = std::move(parsed);
    changed = true;
  }
  return changed ? object.dump(-1, ' ', false, Json::error_handler_t::replace) : std::string(known);
}

}  // namespace

tl::expected<mail::Address, Unfit> admit(const Entry& entry) {
  auto address = mail::parse_address(entry.email);
  if (!address)
    return tl::make_unexpected(Unfit{"invalid address", printable(address.error().message)});
  if (address->needs_smtputf8())
    return tl::make_unexpected(
        Unfit{"needs SMTPUTF8",
              "only servers with SMTPUTF8 take letters other than ASCII before "
              "the @; ask the reader for another address"});
  if (const auto octets = entry.name ? trim(*entry.name).size() : 0; octets > longest_name)
    return tl::make_unexpected(
        Unfit{"name too long", "a name has at most 200 octets; this one has " +
                                   with_thousands(static_cast<std::int64_t>(octets))});
  return std::move(*address);
}

Decision decide(const Known& known, const Entry& entry) {
  Decision decision{.result = Added::unchanged,
                    .confirms = false,
                    .rewrites = false,
                    .name = std::string(known.name),
                    .attributes = std::string(known.attributes)};
  if (known.suppressed || known.subscription == SubscriptionState::unsubscribed) {
    decision.result = known.suppressed ? Added::skipped_suppressed : Added::skipped_unsubscribed;
    return decision;
  }
  if (entry.name) decision.name = clean_name(*entry.name);
  decision.attributes = merge(known.attributes, entry);
  decision.confirms = known.subscription != SubscriptionState::confirmed;
  decision.rewrites = decision.name != known.name || decision.attributes != known.attributes;
  if (!known.subscription)
    decision.result = Added::added;
  else if (decision.confirms || decision.rewrites)
    decision.result = Added::updated;
  return decision;
}

std::string_view skip_reason(Added result) {
  switch (result) {
    case Added::skipped_unsubscribed:
      return "unsubscribed";
    case Added::skipped_suppressed:
      return "suppressed";
    case Added::added:
    case Added::updated:
    case Added::unchanged:
      break;
  }
  return {};
}

std::string clean_name(std::string_view name) {
  std::string line(name);
  for (auto& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  // What is left to replace are C1 controls and broken UTF-8.
  line = printable(trim(line));
  return std::string(trim(cut_utf8(line, longest_name)));
}

}  // namespace postrider::subscribers
