#include "daemon/event_json.h"

namespace postrider::daemon {

using Json = nlohmann::ordered_json;

Json to_json(const store::Event& event) {
  const auto word = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  return {{"id", event.id},
          {"at", rfc3339(event.at)},
          {"kind", event.kind},
          {"actor", event.actor},
          {"detail", event.detail},
          {"issue", word(event.issue)},
          {"email", word(event.email)}};
}

Json json_sums(const queue::IssueSums& sums) {
  return {{"audience", sums.audience()}, {"accepted", sums.accepted}, {"deferred", sums.deferred},
          {"bounced", sums.bounced},     {"failed", sums.failed},     {"cancelled", sums.cancelled},
          {"in_doubt", sums.in_doubt},   {"pending", sums.pending}};
}

}  // namespace postrider::daemon
