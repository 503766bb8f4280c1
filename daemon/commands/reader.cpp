#include "daemon/commands/reader.h"

#include "base/civil_time.h"
#include "base/text.h"
#include "daemon/check_keys.h"
#include "store/erased.h"
#include "store/suppressions.h"

namespace postrider::daemon::commands {

namespace {

/// Of an address that is no subscriber's.
std::string known_of_stranger(Newsletter& newsletter, const std::string& email) {
  const std::string others = "`postrider subscriber list` shows those there are";
  const auto address = mail::parse_address(email);
  if (!address) return others;
  const auto remove = "`postrider suppression remove " + printable(address->str()) + "` ";
  if (const auto kept = store::find_suppression(*newsletter.database, *address))
    return "the address is suppressed (" + std::string(to_string(kept->reason)) + ") since " +
           newsletter.time(kept->at) + "; " + remove + "lifts that";
  if (is_erased(newsletter, *address))
    return "the address was erased, and stays out; " + remove +
           "allows it again, where its owner wants that";
  return others;
}

}  // namespace

bool is_erased(Newsletter& newsletter, const mail::Address& address) {
  auto& database = *newsletter.database;
  if (!store::any_erased(database)) return false;
  const auto keys = existing_erased_keys(newsletter.settings);
  return keys && *keys && store::ErasedAddresses(database, **keys).knows(address.canonical());
}

subscribers::Subscriber find_reader(Newsletter& newsletter, const std::string& email) {
  if (auto found = newsletter.subscribers.find(email)) return std::move(*found);
  throw Refusal("there is no subscriber " + printable(email) + "; " +
                known_of_stranger(newsletter, email));
}

Json json_suppressed(const subscribers::Subscriber& subscriber) {
  return subscriber.suppressed ? Json(to_string(*subscriber.suppressed)) : Json(nullptr);
}

Json json_subscriptions(const subscribers::Subscriber& subscriber) {
  auto array = Json::array();
  for (const auto& subscription : subscriber.subscriptions)
    array.push_back({{"list", subscription.list},
                     {"state", to_string(subscription.state)},
                     {"since", rfc3339(subscription.since)},
                     {"evidence", subscription.evidence},
                     {"consent", subscription.consent.empty()
                                     ? Json(nullptr)
                                     : Json::parse(subscription.consent, nullptr, false)}});
  return array;
}

Json json_reader(const subscribers::Subscriber& subscriber) {
  return {{"email", subscriber.email},
          {"name", subscriber.name},
          {"attributes", Json::parse(subscriber.attributes, nullptr, false)},
          {"language", subscriber.language},
          {"time_zone", subscriber.time_zone},
          {"created_at", rfc3339(subscriber.created_at)},
          {"subscriptions", json_subscriptions(subscriber)},
          {"suppressed", json_suppressed(subscriber)},
          {"paused_until", json_time(subscriber.paused_until)},
          {"left_all_at", json_time(subscriber.left_all_at)}};
}

std::string told_consent(const Newsletter& newsletter, const std::string& consent) {
  const auto json = Json::parse(consent, nullptr, false);
  if (!json.is_object()) return {};
  std::string told;
  const auto add = [&told](const std::string& text) { told += (told.empty() ? "" : ", ") + text; };
  const auto moment = [&](const std::string& what, const std::string& key) {
    const auto at = parse_rfc3339(json.value(key + "_at", ""));
    const auto from = json.value(key + "_from", "");
    if (at || !from.empty())
      add(what + (at ? " " + newsletter.time(*at) : "") +
          (from.empty() ? "" : " from " + printable(from)));
  };
  moment("signed up", "opted_in");
  moment("confirmed", "confirmed");
  if (const auto where = json.value("where", ""); !where.empty()) add("on " + printable(where));
  if (const auto how = json.value("how", ""); !how.empty()) add("by \"" + printable(how) + "\"");
  return told;
}

}  // namespace postrider::daemon::commands
