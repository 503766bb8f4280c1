// Postrider's own export, edited perhaps, or of another newsletter, as an import of one list. Read
// back as it was, into a newsletter without readers, it is own_export.h that reads it.
#include "subscribers/formats/platform.h"

namespace postrider::subscribers {

const Platform& postrider_platform() {
  using enum Meaning;
  static const Platform platform{
      .format = Format::postrider,
      .title = "Postrider",
      // By few of them: read as plain CSV, what is left of an export would bring back who left.
      .known_by = {{"record", "email", "list", "state"},
                   {"record", "email", "erased hash"},
                   {"email", "evidence kind"},
                   {"email", "list", "state", "since"},
                   {"email", "state", "since", "created at"}},
      .rules = {{"record", record},
                {"email", email},
                {"name", name},
                {"attributes", json},
                {"language", language},
                {"time zone", time_zone},
                {"paused until", pause},
                {"created at", left_out, "since tells when the reader joined"},
                {"list", list},
                {"state", status},
                {"since", since},
                {"evidence kind", how},
                {"evidence by", how},
                {"evidence at", how},
                {"evidence detail", how},
                {"consent", consent},
                {"suppressed", suppressed},
                {"suppressed at", left_out, "suppressed since the import"},
                {"erased key", erased_key},
                {"erased hash", erased_hash},
                {"erased at", since},
                {"joined at", left_out, "since tells when the reader joined"},
                {"left all at", left_all}},
      .words = {{"confirmed", Standing::confirmed},
                {"pending", Standing::pending},
                {"unsubscribed", Standing::unsubscribed}}};
  return platform;
}

}  // namespace postrider::subscribers
