// The kinds of events: what each is about, a dot, and what happened.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace postrider::store {

/// What they are about, sorted.
inline constexpr std::array<std::string_view, 16> event_subjects{
    "bounces", "certificate", "clock",      "database",   "disk",        "draft",
    "import",  "issue",       "mail",       "mailbox",    "maintenance", "relay",
    "sign_up", "slot",        "subscriber", "suppression"};

/// Whether there may be events of that kind, or of kinds that begin so ("issue" for "issue.held").
constexpr bool is_event_kind(std::string_view kind) {
  const auto subject = kind.substr(0, kind.find('.'));
  return std::find(event_subjects.begin(), event_subjects.end(), subject) != event_subjects.end();
}

}  // namespace postrider::store
