// Mailchimp: three files in an archive, one for each state; which one a file is, is told by its
// name in the archive and by its columns. Merge fields are attributes. Times are UTC.
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

const Platform& mailchimp_platform() {
  using enum Meaning;
  static const Platform platform{
      .format = Format::mailchimp,
      .title = "Mailchimp",
      .known_by = {{"email address", "leid", "euid"},
                   {"email address", "member rating", "optin time"}},
      .rules = {{"email address", email},
                {"first name", first_name},
                {"last name", last_name},
                {"optin time", opted_in_at},
                {"optin ip", opted_in_from},
                {"confirm time", confirmed_at},
                {"confirm ip", confirmed_from},
                {"unsub time", unsubscribed},
                {"clean time", bounced},
                {"timezone", time_zone},
                {"tags", tags},
                {"gmtoff", left_out, "the time zone has it"},
                {"dstoff", left_out, "the time zone has it"},
                {"last changed", left_out, "when Mailchimp last changed its row"},
                {"leid", left_out, "Mailchimp's own number"},
                {"euid", left_out, "Mailchimp's own number"}},
      .whole_file = {{"unsub time", Standing::unsubscribed}, {"clean time", Standing::bounced}}};
  return platform;
}

}  // namespace postrider::subscribers
