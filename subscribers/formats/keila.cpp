// Keila: contacts as CSV. Data is a JSON object; the external id is the operator's own and stays.
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

const Platform& keila_platform() {
  using enum Meaning;
  static const Platform platform{
      .format = Format::keila,
      .title = "Keila",
      .known_by = {{"email", "data", "status"}, {"email", "data", "external id"}},
      .rules = {{"email", email},
                {"first name", first_name},
                {"last name", last_name},
                {"data", json},
                {"status", status}},
      .words = {{"active", Standing::confirmed},
                {"unsubscribed", Standing::unsubscribed},
                {"unreachable", Standing::bounced}}};
  return platform;
}

}  // namespace postrider::subscribers
