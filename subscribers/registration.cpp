#include "subscribers/registration.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

using Json = nlohmann::ordered_json;

bool is_plain(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != 0x7F;
  });
}

/// An object of the entry's own attributes, without the parsing of its values; empty: they are in
/// need of it.
std::string joined(const Entry& entry) {
  std::string object = "{";
  for (auto one = entry.attributes.begin(); one != entry.attributes.end(); ++one) {
    const bool again = std::any_of(entry.attributes.begin(), one,
                                   [&](const auto& other) { return other.first == one->first; });
    const bool is_text = one->second.starts_with('"');
    if (again || !is_text || !is_plain(one->first)) return {};
    object.append(object.size() > 1 ? ",\"" : "\"").append(one->first).append("\":");
    object.append(one->second);
  }
  return object + "}";
}

/// The known text itself where nothing in it changes, however it was spelt.
std::string merge(std::string_view known, const Entry& entry) {
  if (entry.attributes.empty()) return std::string(known);
  if (known == "{}")
    if (auto object = joined(entry); !object.empty()) return object;
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

namespace {

/// The operator vouches for whom the source says nothing about.
Standing standing_of(const Entry& entry) { return entry.standing.value_or(Standing::confirmed); }

constexpr auto doubt = std::chrono::hours(24);

/// What the subscription becomes; nothing: it stays as it is.
std::optional<SubscriptionState> becomes(const Known& known, const Entry& entry) {
  const auto was = known.subscription;
  // Who left all lists needs no word of each.
  if (has_left(known) && (!was || !has_left(entry))) return {};
  switch (standing_of(entry)) {
    case Standing::confirmed:
      if (!was || (was != SubscriptionState::confirmed && !entry.suppressed))
        return SubscriptionState::confirmed;
      break;
    case Standing::pending:
      if (!was) return SubscriptionState::pending;
      break;
    case Standing::bounced:
      // The suppression keeps mails away; it says nothing of what the reader wants.
      if (!was) return SubscriptionState::confirmed;
      break;
    case Standing::unsubscribed:
    case Standing::complained: {
      const bool came_later = was == SubscriptionState::confirmed && entry.since &&
                              !known.since_import && known.since > *entry.since + doubt;
      if (was != SubscriptionState::unsubscribed && !came_later)
        return SubscriptionState::unsubscribed;
      break;
    }
  }
  return {};
}

Person merge(const Person& known, const Entry& entry) {
  return {entry.name ? clean_name(*entry.name) : known.name, merge(known.attributes, entry),
          entry.language.value_or(known.language), entry.time_zone.value_or(known.time_zone)};
}

}  // namespace

bool has_left(const Known& known) {
  return known.subscription == SubscriptionState::unsubscribed ||
         (known.left_all && known.subscription != SubscriptionState::confirmed);
}

bool has_left(const Entry& entry) {
  return entry.standing == Standing::unsubscribed || entry.standing == Standing::complained;
}

std::optional<SuppressionReason> suppression_of(const Entry& entry) {
  if (entry.suppressed) return entry.suppressed;
  if (entry.standing == Standing::bounced) return SuppressionReason::bounced;
  if (entry.standing == Standing::complained) return SuppressionReason::complained;
  return {};
}

int weight_of(const Entry& entry) {
  if (!entry.is_reader) return 0;
  switch (standing_of(entry)) {
    case Standing::confirmed:
    case Standing::pending:
      return 1;
    case Standing::bounced:
      return 2;
    case Standing::unsubscribed:
      return 3;
    case Standing::complained:
      return 4;
  }
  return 0;
}

Decision decide(const Known& known, const Entry& entry, Instant now) {
  Decision decision;
  if (known.erased) {
    decision.result = Added::skipped_erased;
    return decision;
  }
  const auto standing = standing_of(entry);
  const bool leaves =
      has_left(entry) && entry.is_reader && known.subscription && becomes(known, entry);
  if (known.suppressed && !leaves) {
    decision.result = Added::skipped_suppressed;
    return decision;
  }
  if (!known.suppressed) decision.suppression = suppression_of(entry);
  if (!entry.is_reader) {
    decision.person = known.person;
    if (decision.suppression) decision.result = Added::updated;
    return decision;
  }
  const bool wants_in =
      !decision.suppression && (standing == Standing::confirmed || standing == Standing::pending);
  if (wants_in && has_left(known)) {
    decision.result = Added::skipped_unsubscribed;
    return decision;
  }
  decision.person = merge(known.person, entry);
  decision.rewrites = decision.person != known.person;
  decision.becomes = becomes(known, entry);
  decision.since = std::min(entry.since.value_or(now), now);
  if (!known.subscription && decision.becomes)
    decision.result = Added::added;
  else if (decision.becomes || decision.rewrites || decision.suppression)
    decision.result = Added::updated;
  return decision;
}

std::string_view skip_reason(Added result) {
  switch (result) {
    case Added::skipped_unsubscribed:
      return "unsubscribed";
    case Added::skipped_suppressed:
      return "suppressed";
    case Added::skipped_erased:
      return "erased";
    case Added::added:
    case Added::updated:
    case Added::unchanged:
      break;
  }
  return {};
}

namespace {

std::string told_value(std::string_view name, const std::string& was, const std::string& is) {
  if (was == is) return {};
  return std::string(name) + " " + (was.empty() ? "" : was + " → ") + (is.empty() ? "none" : is);
}

/// A difference for each attribute.
std::vector<std::string> told_attributes(const std::string& was_text, const std::string& is_text) {
  const auto was = Json::parse(was_text, nullptr, false), is = Json::parse(is_text, nullptr, false);
  if (!was.is_object() || !is.is_object()) return {told_value("attributes", was_text, is_text)};
  const auto value = [](const Json& object, const std::string& key) {
    const auto found = object.find(key);
    return found == object.end() ? std::string()
                                 : found->dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::vector<std::string> told;
  for (const auto& [key, now] : is.items())
    told.push_back(told_value(key, value(was, key), value(is, key)));
  for (const auto& [key, before] : was.items())
    if (!is.contains(key)) told.push_back(told_value(key, value(was, key), {}));
  return told;
}

}  // namespace

std::string told_change(const Person& was, const Person& is) {
  auto all = told_attributes(was.attributes, is.attributes);
  all.insert(all.begin(), told_value("name", was.name, is.name));
  all.push_back(told_value("language", was.language, is.language));
  all.push_back(told_value("time zone", was.time_zone, is.time_zone));
  std::string text;
  for (const auto& one : all)
    if (!one.empty()) text += (text.empty() ? "" : "; ") + one;
  return text;
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
