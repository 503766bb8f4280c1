// Substack: email_list.<publication>.csv of its archive, of today and of before 2022, and the CSV
// of the dashboard. Paid plans are attributes; whoever turned mails off has left.
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

const Platform& substack_platform() {
  using enum Meaning;
  static const Platform platform{.format = Format::substack,
                                 .title = "Substack",
                                 .known_by = {{"email", "active subscription", "email disabled"},
                                              {"email", "name", "type", "start date"}},
                                 .rules = {{"email", email},
                                           {"name", name},
                                           {"email disabled", unsubscribed},
                                           {"created at", joined_at},
                                           {"start date", joined_at},
                                           {"subscription source (free)", how},
                                           {"subscription source (paid)", how}},
                                 .deleted_suffix = "@deletion-request.substack.com"};
  return platform;
}

}  // namespace postrider::subscribers
