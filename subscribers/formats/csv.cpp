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
      {"consent", agreed},
      {"consent text", how},
      {"consent source", how},
      {"consent method", how},
      {"consent page", where},
      {"signup page", where},
  };
}

std::vector<std::pair<std::string_view, Standing>> words() {
  return {
      {"subscribed", Standing::confirmed},
      {"confirmed", Standing::confirmed},
      {"active", Standing::confirmed},
      {"enabled", Standing::confirmed},
      {"pending", Standing::pending},
      {"unconfirmed", Standing::pending},
      {"unactivated", Standing::pending},
      {"unsubscribed", Standing::unsubscribed},
      {"inactive", Standing::unsubscribed},
      {"disabled", Standing::unsubscribed},
      {"blocked", Standing::unsubscribed},
      {"blocklisted", Standing::unsubscribed},
      {"opted out", Standing::unsubscribed},
      {"removed", Standing::unsubscribed},
      {"deleted", Standing::unsubscribed},
      {"left", Standing::unsubscribed},
      {"bounced", Standing::bounced},
      {"cleaned", Standing::bounced},
      {"undeliverable", Standing::bounced},
      {"unreachable", Standing::bounced},
      {"invalid", Standing::bounced},
      {"complained", Standing::complained},
      {"complaint", Standing::complained},
      {"spam", Standing::complained},
      {"opt out", Standing::unsubscribed},
      {"banned", Standing::unsubscribed},
      {"blacklisted", Standing::unsubscribed},
      {"cancelled", Standing::unsubscribed},
      {"canceled", Standing::unsubscribed},
      {"not subscribed", Standing::unsubscribed},
      {"never subscribed", Standing::unsubscribed},
      {"declined", Standing::unsubscribed},
      {"denied", Standing::unsubscribed},
      {"refused", Standing::unsubscribed},
      {"revoked", Standing::unsubscribed},
      {"withdrawn", Standing::unsubscribed},
      {"hard bounce", Standing::bounced},
      {"hard bounced", Standing::bounced},
  };
}

}  // namespace

const Platform& csv_platform() {
  static const Platform platform{.format = Format::csv,
                                 .title = "CSV",
                                 .known_by = {},
                                 .rules = rules(),
                                 .words = words(),
                                 .tag_separators = ",;"};
  return platform;
}

}  // namespace postrider::subscribers
