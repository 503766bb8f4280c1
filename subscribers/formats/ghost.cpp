// Ghost: members as CSV. Labels are tags; cells that a spreadsheet would take for a formula stand
// behind an apostrophe, which is taken off (as in every list).
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

const Platform& ghost_platform() {
  using enum Meaning;
  static const Platform platform{
      .format = Format::ghost,
      .title = "Ghost",
      .known_by = {{"email", "subscribed to emails", "stripe customer id"},
                   {"email", "subscribed to emails", "complimentary plan"},
                   {"email", "subscribed to emails", "labels"}},
      .rules = {{"id", left_out, "Ghost's own number"},
                {"email", email},
                {"name", name},
                {"subscribed to emails", subscribed},
                {"deleted at", unsubscribed},
                {"created at", joined_at},
                {"labels", tags}}};
  return platform;
}

}  // namespace postrider::subscribers
