// beehiiv: subscribers as CSV. Custom fields and utm_… are attributes.
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

const Platform& beehiiv_platform() {
  using enum Meaning;
  static const Platform platform{.format = Format::beehiiv,
                                 .title = "beehiiv",
                                 .known_by = {{"email", "status", "tier", "created at"},
                                              {"email", "status", "tier", "unsubscribed at"},
                                              {"email", "status", "subscription tier"}},
                                 .rules = {{"id", left_out, "beehiiv's own number"},
                                           {"email", email},
                                           {"first name", first_name},
                                           {"last name", last_name},
                                           {"status", status},
                                           {"created at", joined_at},
                                           {"unsubscribed at", unsubscribed},
                                           {"acquisition source", how},
                                           {"referring site", where},
                                           {"tags", tags}},
                                 .words = {{"active", Standing::confirmed},
                                           {"validating", Standing::pending},
                                           {"pending", Standing::pending},
                                           {"needs_attention", Standing::pending},
                                           {"inactive", Standing::unsubscribed},
                                           {"unsubscribed", Standing::unsubscribed},
                                           {"paused", Standing::unsubscribed},
                                           {"invalid", Standing::bounced}},
                                 .tag_separators = ",;"};
  return platform;
}

}  // namespace postrider::subscribers
