// listmonk: what it exports, and the CSV that it imports. Attributes are a JSON object. Its
// blocklist holds who bounced, complained or was put there by hand: all count as gone.
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

const Platform& listmonk_platform() {
  using enum Meaning;
  static const Platform platform{
      .format = Format::listmonk,
      .title = "listmonk",
      .known_by = {{"uuid", "email", "attributes", "status"}, {"email", "name", "attributes"}},
      .rules = {{"uuid", left_out, "listmonk's own number"},
                {"email", email},
                {"name", name},
                {"attributes", json},
                {"status", status},
                {"created at", joined_at},
                {"updated at", left_out, "when its row last changed"}},
      .words = {{"enabled", Standing::confirmed},
                {"disabled", Standing::unsubscribed},
                {"blocklisted", Standing::unsubscribed},
                {"blacklisted", Standing::unsubscribed}}};
  return platform;
}

}  // namespace postrider::subscribers
