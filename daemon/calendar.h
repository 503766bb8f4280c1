// The calendar: which slots of their lists drafts without send_at take. Pure.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/slots.h"
#include "config/settings.h"
#include "store/slots.h"

namespace postrider::daemon {

/// What a draft without send_at goes by.
struct SlotRule {
  const Schedule* schedule = nullptr;  // nothing: its lists have no slots, or different ones
  std::string trouble;                 // where they are different: what to write; else empty
};

/// `keys`: of the draft's lists. What it points to is in `lists`.
SlotRule slot_rule(const std::vector<std::string>& keys, const std::vector<config::List>& lists);

/// What is dealt to whom.
struct Dealing {
  std::map<IssueId, Instant> slots;
  std::set<std::pair<std::string, Instant>> taken;  // lists' slots after now, these and others
};

/// Nobody moves up into a slot that comes so soon: what was meant for next week must not go out
/// within minutes, since another draft went away.
constexpr Duration near_slot = std::chrono::hours(12);

/// So long before its slot an issue by local time may start: from UTC+14 to UTC-12.
constexpr Duration greatest_lead = std::chrono::hours(26);

/// Of a clock that is put back by more than this, what it said before is not believed.
constexpr Duration greatest_step_back = std::chrono::hours(24);

/// Until when each list's slots have come, by the clock as it was at any time: it may have been put
/// back since, and no slot comes twice. Those that are not believed are left out.
using Come = std::map<std::string, Instant>;
Come come(const std::map<std::string, store::Slots::Mark>& marks, Instant now);

/// Deals the slots that have not come yet, one an issue, by the drafts' dates, then by their names;
/// those without a date come last. Who has a slot that has come, or by local time has started
/// before it, keeps it; all others are dealt anew, so that what comes of it does not depend on what
/// came before, but for the slots that are near. `timed`: those after now.
Dealing deal(std::vector<store::SlotDraft> drafts, const std::vector<store::TimedIssue>& timed,
             const std::vector<config::List>& lists, Instant now, const Come& come = {});

/// "Mon 2026-12-07 08:00 EST"
std::string slot_text(Instant slot, const std::string& zone);

}  // namespace postrider::daemon
