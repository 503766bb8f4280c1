#include "daemon/guards/start.h"

#include <utility>
#include <vector>

#include "base/text.h"
#include "daemon/guards/again.h"
#include "daemon/guards/approval.h"
#include "daemon/guards/audience.h"
#include "daemon/guards/content.h"

namespace postrider::daemon::guards {

namespace {

constexpr const char* of_approval = "approval";  // the guard's name in the ledger

}  // namespace

std::optional<store::Hold> ask_all(const queue::Issue& issue, const Candidate& candidate,
                                   store::Precedents precedents,
                                   const std::optional<store::Approval>& approved) {
  const auto& [segment, likeness, leftovers, covered, publication, settings] = candidate;
  const store::Covered now{covered.content, covered.readers, issue.planned_at(),
                           issue.local_at().has_value()};
  const std::pair<std::string, Reason> answers[] = {
      {of_approval, approval(approved, now, publication)},
      {"content", content(leftovers)},
      {"again", again(likeness.sketch, precedents.of_title(likeness.title), publication)},
      {"nobody", nobody(issue)},
      {"audience", audience(issue.sums.audience(), precedents.of_same_readers(issue.lists, segment),
                            settings)}};
  std::vector<std::string> reasons, names;
  for (const auto& [name, reason] : answers)
    if (reason && (name == of_approval || !issue.is_released(name))) {
      reasons.push_back(*reason);
      names.push_back(name);
    }
  if (reasons.empty()) return {};
  return store::Hold{
      join(reasons, "; and ") + let_go(issue.slug, publication, issue.local_time.has_value()),
      join(names, " ")};
}

}  // namespace postrider::daemon::guards
