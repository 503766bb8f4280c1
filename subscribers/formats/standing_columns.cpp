#include "subscribers/formats/standing_columns.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

using enum Meaning;

/// About mails, whoever has written them.
constexpr Rule sure[] = {
    {"subscribed", subscribed},
    {"subscribed to emails", subscribed},
    {"opt in", subscribed},
    {"opted in", subscribed},
    {"accepts marketing", subscribed},
    {"accepts email marketing", subscribed},
    {"accepts emails", subscribed},
    {"accepts newsletter", subscribed},

    {"unsubscribed", unsubscribed},
    {"unsubscribed from all", unsubscribed},
    {"unsubscribed from all email", unsubscribed},
    {"unsubscribed from all emails", unsubscribed},
    {"unsubscribe date", unsubscribed},  // without the date it may be a link
    {"unsubscribe time", unsubscribed},
    {"unsubscription date", unsubscribed},
    {"unsub", unsubscribed},
    {"opt out", unsubscribed},
    {"opted out", unsubscribed},
    {"opted out of email", unsubscribed},
    {"opted out of emails", unsubscribed},
    {"email disabled", unsubscribed},
    {"deleted at", unsubscribed},
    {"do not email", unsubscribed},
    {"do not mail", unsubscribed},
    {"do not contact", unsubscribed},
    {"do not send", unsubscribed},
    {"no email", unsubscribed},
    {"no emails", unsubscribed},
    {"no newsletter", unsubscribed},
    {"blocklisted", unsubscribed},
    {"blacklisted", unsubscribed},
    {"suppressed", unsubscribed},

    {"bounced", bounced},
    {"bounce", bounced},
    {"bounce type", bounced},
    {"bounce status", bounced},
    {"hard bounce", bounced},
    {"hard bounced", bounced},
    {"cleaned", bounced},
    {"clean time", bounced},

    {"complained", complained},
    {"complaint", complained},
    {"spam complaint", complained},
    {"marked spam", complained},
    {"marked as spam", complained},
    {"reported spam", complained},
    {"reported as spam", complained},
};

constexpr std::string_view otherwise = "rename it if it is about something else";

/// Better kept out by them than mailed. Platforms have words of their own for a status.
constexpr Rule likely[] = {
    {"status", status},
    {"subscription status", status},
    {"subscription state", status},
    {"subscriber type", status},
    {"state", state},
    {"contact status", state},
    {"consent status", state},
    {"list status", state},
    {"marketing status", state},
    {"member status", state},
    {"newsletter status", state},
    {"opt in status", state},

    {"active", subscribed, otherwise},
    {"enabled", subscribed, otherwise},
    {"consented", subscribed, otherwise},
    {"consent given", subscribed, otherwise},
    {"consent", agreed, otherwise},
    {"mailing list", wanted, otherwise},
    {"marketing", wanted, otherwise},
    {"newsletter", wanted, otherwise},
    {"newsletters", wanted, otherwise},
    {"subscription", wanted, otherwise},

    {"confirmed", confirmed, otherwise},
    {"verified", confirmed, otherwise},

    {"banned", unsubscribed, otherwise},
    {"blocked", unsubscribed, otherwise},
    {"cancelled", unsubscribed, otherwise},
    {"canceled", unsubscribed, otherwise},
    {"deactivated", unsubscribed, otherwise},
    {"deleted", unsubscribed, otherwise},
    {"disabled", unsubscribed, otherwise},
    {"inactive", unsubscribed, otherwise},
    {"left at", unsubscribed, otherwise},
    {"left on", unsubscribed, otherwise},
    {"removed", unsubscribed, otherwise},
    {"suspended", unsubscribed, otherwise},

    {"invalid", bounced, otherwise},
    {"undeliverable", bounced, otherwise},
    {"unreachable", bounced, otherwise},
    {"spam", complained, otherwise},
};

constexpr std::array<std::string_view, 9> before{
    "is", "has", "been", "email", "mail", "marketing", "newsletter", "subscriber", "contact"};
constexpr std::array<std::string_view, 4> behind{"at", "on", "date", "time"};

bool is_of_words(Meaning meaning) { return meaning == status || meaning == state; }

const Rule* find(std::span<const Rule> rules, const std::string& name) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const Rule& rule) { return bare(rule.column) == name; });
  return found == rules.end() ? nullptr : &*found;
}

const Rule* find(const std::string& name, bool plain) {
  const auto* rule = find(sure, name);
  return rule || !plain ? rule : find(likely, name);
}

/// The name as it is, or else without a word before it or behind it, and so on.
const Rule* find_within(const std::string& name, bool plain) {
  if (const auto* rule = find(name, plain)) return rule;
  for (const auto word : before)
    if (name.starts_with(word))
      if (const auto* rule = find_within(name.substr(word.size()), plain)) return rule;
  for (const auto word : behind)
    if (name.ends_with(word))
      if (const auto* rule = find(name.substr(0, name.size() - word.size()), plain))
        return is_of_words(rule->meaning) ? nullptr : rule;
  return nullptr;
}

bool is_one_of(std::string_view value, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return bare(value) == word; });
}

constexpr std::array<std::string_view, 5> hard{"hard", "hardbounce", "hardbounced", "permanent",
                                               "bounce"};
constexpr std::array<std::string_view, 5> soft{"soft", "softbounce", "softbounced", "temporary",
                                               "transient"};

}  // namespace

std::optional<Rule> standing_rule(std::string_view column, bool plain) {
  const auto* rule = find_within(bare(column), plain);
  return rule ? std::optional(*rule) : std::nullopt;
}

Flag parse_flag(std::string_view value, Meaning meaning) {
  for (const auto word : {"false", "no", "0", "0.0", "f", "n", "off", "never"})
    if (iequals(value, word)) return Flag::no;
  for (const auto word : {"true", "yes", "1", "1.0", "t", "y", "x", "on"})
    if (iequals(value, word)) return Flag::yes;
  if (meaning == bounced && is_one_of(value, hard)) return Flag::yes;
  if (meaning == bounced && is_one_of(value, soft)) return Flag::no;
  return Flag::other;
}

std::optional<Standing> standing_by(Meaning meaning, bool yes) {
  if (meaning == subscribed) return yes ? Standing::confirmed : Standing::unsubscribed;
  if (meaning == confirmed) return yes ? Standing::confirmed : Standing::pending;
  if (!yes) return {};
  if (meaning == bounced) return Standing::bounced;
  if (meaning == complained) return Standing::complained;
  return Standing::unsubscribed;
}

}  // namespace postrider::subscribers
