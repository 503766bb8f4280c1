// Any list with a header. Its rules hold for the platforms too, behind their own. What tells how
// readers stand is in standing_columns.cpp.
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

namespace {

std::vector<Rule> rules() {
  using enum Meaning;
  return {
      {"email", email},
      {"e-mail", email},
      {"email address", email},
      {"e-mail address", email},
      {"mail", email},
      {"emailaddress", email},
      {"name", name},
      {"full name", name},
      {"first name", first_name},
      {"firstname", first_name},
      {"last name", last_name},
      {"lastname", last_name},
      {"language", language},
      {"lang", language},
      {"locale", language},
      {"preferred language", language},
      {"time zone", time_zone},
      {"timezone", time_zone},
      {"tz", time_zone},
      {"tags", tags},

      {"joined", joined_at},
      {"joined at", joined_at},
      {"join date", joined_at},
      {"date joined", joined_at},
      {"signup date", joined_at},
      {"sign-up date", joined_at},
      {"subscribed at", joined_at},
      {"subscription date", joined_at},
      {"date added", joined_at},
      {"created at", joined_at},
      {"optin time", opted_in_at},
      {"opt-in time", opted_in_at},
      {"opted in at", opted_in_at},
      {"consent date", opted_in_at},
      {"consent time", opted_in_at},
      {"optin ip", opted_in_from},
      {"opt-in ip", opted_in_from},
      {"signup ip", opted_in_from},
      {"ip address", opted_in_from},
      {"ip", opted_in_from},
      {"confirm time", confirmed_at},
      {"confirmed at", confirmed_at},
      {"confirmation date", confirmed_at},
      {"confirm ip", confirmed_from},
      {"confirmation ip", confirmed_from},
      {"consent text", how},
      {"consent source", how},
      {"consent method", how},
      {"consent page", where},
      {"signup page", where},
  };
}

struct StandingWords {
  Standing standing;
  std::vector<std::string_view> words;
};

/// Those that are told of first, then the others.
std::vector<std::pair<std::string_view, Standing>> standing_words() {
  const StandingWords all[] = {
      {Standing::confirmed, {"subscribed", "confirmed", "active", "enabled"}},
      {Standing::pending, {"pending", "unconfirmed", "unactivated"}},
      {Standing::unsubscribed, {"unsubscribed", "inactive", "disabled", "blocked", "opted out"}},
      {Standing::bounced, {"bounced"}},
      {Standing::complained, {"complained"}},

      {Standing::confirmed, {"opted in", "opt in", "marketing contact"}},
      {Standing::confirmed, {"free", "paid", "soft bounce", "soft bounced"}},
      {Standing::confirmed, {"abonniert", "angemeldet", "aktiv", "bestätigt"}},
      {Standing::confirmed, {"abonné", "abonnée", "abonne", "inscrit", "inscrite", "actif"}},
      {Standing::confirmed, {"suscrito", "suscrita", "activo", "confirmado"}},

      {Standing::pending, {"awaiting confirmation", "not confirmed", "not verified", "unverified"}},
      {Standing::pending, {"ausstehend", "unbestätigt", "nicht bestätigt"}},
      {Standing::pending, {"en attente", "non confirmé", "pendiente", "no confirmado"}},

      {Standing::unsubscribed, {"blocklisted", "blacklisted", "removed", "deleted", "left"}},
      {Standing::unsubscribed, {"opt out", "banned", "cancelled", "canceled", "declined"}},
      {Standing::unsubscribed, {"denied", "refused", "revoked", "withdrawn", "redacted"}},
      {Standing::unsubscribed, {"not subscribed", "never subscribed", "not opted in"}},
      {Standing::unsubscribed, {"not given", "non-marketing contact"}},
      {Standing::unsubscribed, {"abgemeldet", "abbestellt", "widerrufen", "inaktiv", "gelöscht"}},
      {Standing::unsubscribed, {"gesperrt", "nicht abonniert", "nicht angemeldet"}},
      {Standing::unsubscribed, {"désabonné", "désabonnée", "desabonne", "désinscrit"}},
      {Standing::unsubscribed, {"désinscrite", "desinscrit", "inactif", "non abonné"}},
      {Standing::unsubscribed, {"desuscrito", "desuscrita", "dado de baja", "dada de baja"}},
      {Standing::unsubscribed, {"no suscrito", "inactivo", "cancelado"}},

      {Standing::bounced, {"cleaned", "undeliverable", "unreachable", "invalid", "hard bounce"}},
      {Standing::bounced, {"hard bounced", "unzustellbar"}},

      {Standing::complained, {"complaint", "spam"}},
  };
  std::vector<std::pair<std::string_view, Standing>> pairs;
  for (const auto& [standing, words] : all)
    for (const auto word : words) pairs.emplace_back(word, standing);
  return pairs;
}

}  // namespace

const Platform& csv_platform() {
  static const Platform platform{.format = Format::csv,
                                 .title = "CSV",
                                 .known_by = {},
                                 .rules = rules(),
                                 .words = standing_words(),
                                 .tag_separators = ",;"};
  return platform;
}

}  // namespace postrider::subscribers
