#include "subscribers/sign_up.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::subscribers {

namespace {

/// RFC 2142 §3 to §6, and others that are read by many or by nobody.
constexpr std::array<std::string_view, 27> roles{
    "abuse",    "admin",    "administrator", "billing",   "contact",    "ftp",  "hostmaster",
    "info",     "listserv", "mailer-daemon", "majordomo", "marketing",  "news", "no-reply",
    "noc",      "noreply",  "nobody",        "office",    "postmaster", "root", "sales",
    "security", "support",  "usenet",        "uucp",      "webmaster",  "www"};

constexpr std::array<std::string_view, 5> traps{"spamtrap", "spam-trap", "spam_trap", "honeypot",
                                                "honey-pot"};

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// "evil.example" within words; "J.R.R. Tolkien" and "St. John" are none.
bool has_host_name(std::string_view text) {
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
    std::size_t before = 0;
    while (before < dot && is_letter_or_digit(text[dot - before - 1])) ++before;
    std::size_t after = 0;
    while (dot + after + 1 < text.size() && is_letter_or_digit(text[dot + after + 1])) ++after;
    if (before >= 2 && after >= 2) return true;
  }
  return false;
}

}  // namespace

bool reads_as_link(std::string_view name) {
  const auto has = [name](std::string_view part) { return name.find(part) != name.npos; };
  return has("://") || has("/") || has("@") || has("www.") || has_host_name(name);
}

std::string_view suspicion(const mail::Address& address) {
  const auto local = to_lower(address.local);
  const auto mailbox = std::string_view(local).substr(0, local.find('+'));
  const auto is_in = [&](std::string_view trap) { return local.find(trap) != local.npos; };
  if (std::any_of(traps.begin(), traps.end(), is_in)) return "trap";
  if (std::find(roles.begin(), roles.end(), mailbox) != roles.end() ||
      mailbox.ends_with("-request"))
    return "role address";
  return {};
}

Wish wish_of(std::optional<SubscriptionState> state, bool suppressed, bool double_opt_in) {
  if (suppressed) return Wish::ask;
  if (state == SubscriptionState::confirmed) return Wish::already;
  if (state == SubscriptionState::unsubscribed) return Wish::ask;
  return double_opt_in ? Wish::ask : Wish::join;
}

}  // namespace postrider::subscribers
