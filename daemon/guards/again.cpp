#include "daemon/guards/again.h"

#include "base/time_text.h"

namespace postrider::daemon::guards {

Reason again(const templates::Sketch& sketch, const std::vector<store::SameTitle>& before,
             const config::Publication& publication) {
  const store::SameTitle* most_alike = nullptr;
  double most = nearly_the_text;
  for (const auto& one : before)
    if (const auto alike = templates::resemblance(sketch, one.sketch); alike >= most) {
      most = alike;
      most_alike = &one;
    }
  if (!most_alike) return {};
  return "it has the title and " + std::string(most == 1 ? "the" : "nearly the") + " text of '" +
         most_alike->slug + "', which was sent " +
         time_text(most_alike->started_at, publication.timezone);
}

}  // namespace postrider::daemon::guards
