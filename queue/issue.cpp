#include "queue/issue.h"

namespace postrider::queue {

std::string_view to_string(IssueState state) {
  switch (state) {
    case IssueState::draft:
      return "draft";
    case IssueState::scheduled:
      return "scheduled";
    case IssueState::sending:
      return "sending";
    case IssueState::sent:
      return "sent";
    case IssueState::paused:
      return "paused";
    case IssueState::held:
      return "held";
    case IssueState::cancelled:
      return "cancelled";
    case IssueState::rejected:
      return "rejected";
  }
  return {};
}

std::optional<Instant> Issue::can_be_undone_until(Instant now) const {
  const bool under_way = state == IssueState::sending || state == IssueState::paused;
  return under_way && undo_until && *undo_until > now ? undo_until : std::nullopt;
}

std::optional<LocalTime> Issue::local_at() const {
  if (!local_time || !local_day) return {};
  return *local_day + *local_time;
}

std::optional<Instant> Issue::planned_at() const {
  const auto local = local_at();
  return local ? std::optional(Instant(local->time_since_epoch())) : scheduled_at;
}

bool Issue::is_released(std::string_view guard) const {
  return released.starts_with(source_hash + " ") &&
         (released + " ").find(" " + std::string(guard) + " ") != std::string::npos;
}

}  // namespace postrider::queue
