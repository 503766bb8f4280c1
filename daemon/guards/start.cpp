#include "daemon/guards/start.h"

#include <utility>
#include <vector>

#include "base/text.h"
#include "daemon/guards/again.h"
#include "daemon/guards/audience.h"
#include "daemon/guards/content.h"

namespace postrider::daemon::guards {

std::optional<store::Hold> ask_all(const queue::Issue& issue, const Candidate& candidate,
                                   store::Precedents precedents) {
  const auto& [segment, likeness, leftovers, publication, settings] = candidate;
  const std::pair<std::string, Reason> answers[] = {
      {"content", content(leftovers)},
      {"again", again(likeness.sketch, precedents.of_title(likeness.title), publication)},
      {"nobody", nobody(issue)},
      {"audience", audience(issue.sums.audience(), precedents.of_same_readers(issue.lists, segment),
                            settings)}};
  std::vector<std::string> reasons, names;
  for (const auto& [name, reason] : answers)
    if (reason && !issue.is_released(name)) {
      reasons.push_back(*reason);
      names.push_back(name);
    }
  if (reasons.empty()) return {};
  return store::Hold{join(reasons, "; and ") + let_go(issue.slug, issue.local_time.has_value()),
                     join(names, " ")};
}

}  // namespace postrider::daemon::guards
