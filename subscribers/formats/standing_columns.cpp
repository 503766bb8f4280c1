#include "subscribers/formats/standing_columns.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

using enum Meaning;

/// About mails, whoever has written them, or better heard all the same.
constexpr Rule sure[] = {
    {"subscribed", subscribed},
    {"subscribed to emails", subscribed},
    {"opt in", subscribed},
    {"opted in", subscribed},
    {"accepts marketing", subscribed},
    {"accepts email marketing", subscribed},
    {"accepts emails", subscribed},
    {"accepts newsletter", subscribed},
    {"consent", agreed, rename_it},

    {"unsubscribed", unsubscribed},
    {"unsubscribed from all", unsubscribed},
    {"unsubscribed from all email", unsubscribed},
    {"unsubscribed from all emails", unsubscribed},
    {"unsubscribe", unsubscribe},
    {"unsubscribe at", unsubscribed},
    {"unsubscribe on", unsubscribed},
    {"unsubscribe date", unsubscribed},
    {"unsubscribe time", unsubscribed},
    {"unsubscription date", unsubscribed},
    {"unsub", unsubscribed},
    {"opt out", unsubscribed},
    {"opt out status", unsubscribed},
    {"opted out", unsubscribed},
    {"opted out of email", unsubscribed},
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

/// Better kept out by them than mailed. Platforms have words of their own for a status.
constexpr Rule likely[] = {
    {"status", status},
    {"subscription status", status},
    {"subscription state", status},
    {"subscriber type", status},
    {"consent state", status},
    {"consent status", status},
    {"email state", status},
    {"list status", status},
    {"marketing contact status", status},
    {"marketing state", status},
    {"marketing status", status},
    {"newsletter state", status},
    {"newsletter status", status},
    {"opt in status", status},
    {"state", state},
    {"contact status", state},
    {"member status", state},

    {"active", subscribed, rename_it},
    {"enabled", subscribed, rename_it},
    {"consented", subscribed, rename_it},
    {"consent given", subscribed, rename_it},
    {"mailing list", wanted, rename_it},
    {"marketing", wanted, rename_it},
    {"newsletter", wanted, rename_it},
    {"newsletters", wanted, rename_it},
    {"email subscription", wanted, rename_it},
    {"marketing subscription", wanted, rename_it},
    {"newsletter subscription", wanted, rename_it},
    {"subscription", plan, rename_it},

    {"confirmed", confirmed, rename_it},
    {"verified", confirmed, rename_it},

    {"banned", unsubscribed, rename_it},
    {"blocked", unsubscribed, rename_it},
    {"cancelled", unsubscribed, rename_it},
    {"canceled", unsubscribed, rename_it},
    {"deactivated", unsubscribed, rename_it},
    {"deleted", unsubscribed, rename_it},
    {"disabled", unsubscribed, rename_it},
    {"inactive", unsubscribed, rename_it},
    {"left at", unsubscribed, rename_it},
    {"left on", unsubscribed, rename_it},
    {"removed", unsubscribed, rename_it},
    {"suspended", unsubscribed, rename_it},

    {"invalid", bounced, rename_it},
    {"undeliverable", bounced, rename_it},
    {"unreachable", bounced, rename_it},
    {"spam", complained, rename_it},
};

constexpr std::array<std::string_view, 9> before{
    "is", "has", "been", "email", "mail", "marketing", "newsletter", "subscriber", "contact"};
constexpr std::array<std::string_view, 4> behind{"at", "on", "date", "time"};

/// Which is told of a paid plan rather than of mails.
constexpr std::array<std::string_view, 9> of_plans{
    "hassubscription", "cancelledat", "cancelledon",  "cancelleddate", "cancelledtime",
    "canceledat",      "canceledon",  "canceleddate", "canceledtime"};

/// Whatever stands behind it; HubSpot names a kind of mails there.
constexpr std::string_view opted_out = "optedoutofemail";

bool may_be_dated(Meaning meaning) {
  return meaning != status && meaning != state && meaning != plan;
}

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
std::optional<StandingRule> find_within(const std::string& name, bool plain) {
  if (std::find(of_plans.begin(), of_plans.end(), name) != of_plans.end()) return {};
  if (const auto* rule = find(name.starts_with(opted_out) ? std::string(opted_out) : name, plain))
    return StandingRule{*rule};
  for (const auto word : before)
    if (name.starts_with(word))
      if (const auto rule = find_within(name.substr(word.size()), plain)) return rule;
  for (const auto word : behind)
    if (name.ends_with(word))
      if (const auto* rule = find(name.substr(0, name.size() - word.size()), plain))
        return may_be_dated(rule->meaning) ? std::optional(StandingRule{*rule, true})
                                           : std::nullopt;
  return {};
}

bool is_one_of(std::string_view value, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return iequals(value, word); });
}

constexpr std::array<std::string_view, 8> no_words{"false", "no",    "f",    "n",
                                                   "off",   "never", "nein", "non"};
constexpr std::array<std::string_view, 13> yes_words{"true", "yes", "1",   "1.0", "t",  "y", "x",
                                                     "on",   "ja",  "oui", "si",  "sí", "SÍ"};
constexpr std::array<std::string_view, 5> hard{"hard", "hardbounce", "hardbounced", "permanent",
                                               "bounce"};
constexpr std::array<std::string_view, 5> soft{"soft", "softbounce", "softbounced", "temporary",
                                               "transient"};

/// "0.00", "0%", "0,0".
bool is_zero(std::string_view value) {
  return value.starts_with('0') && value.find_first_not_of("0.,%") == std::string_view::npos;
}

/// '4' or '5' where a server's answer begins so (RFC 5321 §4.2, RFC 3463), "451 …", "5.1.1 …"; not
/// of the date "4.1.2022". Else '\0'.
char answer_class(std::string_view text) {
  const auto code = text.substr(0, text.find_first_not_of("0123456789."));
  if (!code.starts_with('4') && !code.starts_with('5')) return '\0';
  const auto dots = std::count(code.begin(), code.end(), '.');
  const bool basic = code.size() == 3 && dots == 0;
  const bool enhanced = dots == 2 && code[1] == '.' && code.size() <= 7;
  return basic || enhanced ? code.front() : '\0';
}

Flag parse_bounce(std::string_view value) {
  const auto answer = answer_class(value);
  const auto word = bare(value.substr(0, value.find_first_of(",;:(")));
  if (answer == '5' || is_one_of(word, hard)) return Flag::yes;
  if (answer == '4' || is_one_of(word, soft)) return Flag::no;
  return Flag::other;
}

}  // namespace

std::optional<StandingRule> standing_rule(std::string_view column, bool plain) {
  return find_within(bare(column), plain);
}

Flag parse_flag(std::string_view value, Meaning meaning) {
  if (is_one_of(value, no_words) || is_zero(value)) return Flag::no;
  if (is_one_of(value, yes_words)) return Flag::yes;
  return meaning == bounced ? parse_bounce(value) : Flag::other;
}

bool begins_with_no(std::string_view text) {
  const auto word = text.substr(0, text.find_first_of(" ,;:.("));
  return word.size() > 1 && is_one_of(word, no_words);
}

bool is_of_mails(std::string_view word) {
  const auto letters = bare(word);
  for (const auto stem : {"subscri", "suscri", "abonn", "meldet"})
    if (letters.find(stem) != std::string::npos) return true;
  return false;
}

std::optional<Standing> standing_by(Meaning meaning, bool yes) {
  switch (meaning) {
    case confirmed:
    case confirmed_at:
      return yes ? Standing::confirmed : Standing::pending;
    case bounced:
      return yes ? std::optional(Standing::bounced) : std::nullopt;
    case complained:
      return yes ? std::optional(Standing::complained) : std::nullopt;
    case unsubscribed:
    case unsubscribe:
      return yes ? std::optional(Standing::unsubscribed) : std::nullopt;
    default:
      return yes ? Standing::confirmed : Standing::unsubscribed;
  }
}

}  // namespace postrider::subscribers
