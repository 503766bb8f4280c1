// Buttondown: subscribers as CSV. Metadata is a Python dict. Who pays, paid or never did is
// confirmed alike; what "paused" and "churned" say is about money, not about mails.
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

const Platform& buttondown_platform() {
  using enum Meaning;
  static const Platform platform{.format = Format::buttondown,
                                 .title = "Buttondown",
                                 .known_by = {{"email", "subscriber type", "creation date"},
                                              {"email", "subscriber type", "metadata"}},
                                 .rules = {{"id", left_out, "Buttondown's own number"},
                                           {"secondary id", left_out, "Buttondown's own number"},
                                           {"email", email},
                                           {"email address", email},
                                           {"subscriber type", status},
                                           {"creation date", opted_in_at},
                                           {"ip address", opted_in_from},
                                           {"subscription date", confirmed_at},
                                           {"unsubscription date", unsubscribed},
                                           {"source", how},
                                           {"referrer url", where},
                                           {"tags", tags},
                                           {"metadata", python}},
                                 .words = {{"regular", Standing::confirmed},
                                           {"premium", Standing::confirmed},
                                           {"gifted", Standing::confirmed},
                                           {"trialed", Standing::confirmed},
                                           {"unpaid", Standing::confirmed},
                                           {"past_due", Standing::confirmed},
                                           {"churning", Standing::confirmed},
                                           {"churned", Standing::confirmed},
                                           {"paused", Standing::confirmed},
                                           {"unactivated", Standing::pending},
                                           {"upcoming", Standing::pending},
                                           {"unsubscribed", Standing::unsubscribed},
                                           {"removed", Standing::unsubscribed},
                                           {"blocked", Standing::unsubscribed},
                                           {"spammy", Standing::unsubscribed},
                                           {"undeliverable", Standing::bounced},
                                           {"complained", Standing::complained}},
                                 .tag_separators = ";,"};
  return platform;
}

}  // namespace postrider::subscribers
