#include "daemon/draft_slots.h"

#include <algorithm>

#include "store/ledger.h"

namespace postrider::daemon {

namespace {

using queue::IssueState;

/// Whether its draft decides when the issue is sent.
bool goes_by_its_draft(const std::optional<queue::Issue>& issue) {
  return !issue || (!issue->started_at && !issue->chosen_at &&
                    (issue->state == IssueState::draft || issue->state == IssueState::scheduled ||
                     issue->state == IssueState::rejected));
}

std::optional<queue::Issue> issue_of(const templates::Draft& draft, store::Database* database) {
  return database ? store::Ledger(*database).find_issue(draft.slug) : std::nullopt;
}

/// The draft among those that the ledger knows, as it is now. Its number there. `dealt_at`: the
/// slot that it was dealt last.
IssueId put_among(std::vector<store::SlotDraft>& drafts, const Proof& proof,
                  std::optional<Instant> dealt_at) {
  const auto& draft = *proof.draft;
  auto found = std::find_if(drafts.begin(), drafts.end(),
                            [&](const auto& known) { return known.slug == draft.slug; });
  if (found == drafts.end())
    // Numbers of its own, below those of the ledger.
    found = drafts.insert(
        drafts.end(),
        {{-static_cast<std::int64_t>(drafts.size()) - 1}, draft.slug, {}, {}, {}, {}, dealt_at});
  found->path = std::filesystem::path(draft.file).filename().string();
  found->date = draft.date;
  found->lists = proof.lists;
  return found->issue;
}

std::vector<store::TimedIssue> timed_after(store::Database* database, Instant now) {
  if (!database) return {};
  return store::Slots(*database).timed(now + Duration(1), Instant::max());
}

}  // namespace

Faults check_send_at(const std::vector<Proof>& proofs, const config::Settings& settings,
                     store::Database* database) {
  Faults faults;
  for (const auto& proof : proofs) {
    if (!proof.draft || proof.draft->send_at) continue;
    const auto rule = slot_rule(proof.lists, settings.lists);
    // Several lists of which none is named are a fault already.
    if (rule.trouble.empty() || (proof.draft->lists.empty() && proof.lists.size() > 1)) continue;
    if (goes_by_its_draft(issue_of(*proof.draft, database)))
      faults.push_back({proof.draft->file, templates::line_of_key(*proof.draft, "lists"), "send_at",
                        rule.trouble});
  }
  return faults;
}

std::vector<ExpectedSlot> expected_slots(const std::vector<Proof>& proofs,
                                         const config::Settings& settings,
                                         store::Database* database, Instant now) {
  if (!database || !store::Ledger(*database).first_scan_done()) return {};
  auto drafts = store::Slots(*database).drafts();
  std::vector<std::pair<IssueId, const Proof*>> asked;
  for (const auto& proof : proofs)
    if (proof.draft && !proof.draft->send_at && slot_rule(proof.lists, settings.lists).schedule &&
        goes_by_its_draft(issue_of(*proof.draft, database)))
      asked.emplace_back(
          put_among(drafts, proof, store::Slots(*database).dealt_at(proof.draft->slug)), &proof);
  const auto dealing = deal(drafts, timed_after(database, now), settings.lists, now,
                            come(store::Slots(*database).marks(), now));
  std::vector<ExpectedSlot> expected;
  for (const auto& [issue, proof] : asked)
    if (const auto found = dealing.slots.find(issue); found != dealing.slots.end())
      expected.push_back(
          {proof->draft->file, proof->lists.front(),
           slot_text(found->second, slot_rule(proof->lists, settings.lists).schedule->zone)});
  return expected;
}

std::vector<PlannedSlot> planned_slots(const config::List& list, const config::Settings& settings,
                                       store::Database* database, Instant now, int count) {
  const auto timed = timed_after(database, now);
  const auto drafts = database ? store::Slots(*database).drafts() : std::vector<store::SlotDraft>();
  const auto have_come = database ? come(store::Slots(*database).marks(), now) : Come();
  const auto dealing = deal(drafts, timed, settings.lists, now, have_come);
  const auto planned = [&](const Occurrence& occurrence) -> PlannedSlot {
    const auto is_of = [&](const std::vector<std::string>& lists) {
      return std::find(lists.begin(), lists.end(), list.key) != lists.end();
    };
    for (const auto& draft : drafts)
      if (const auto slot = dealing.slots.find(draft.issue);
          slot != dealing.slots.end() && slot->second == occurrence.at && is_of(draft.lists))
        return {occurrence, draft.slug, IssueState::scheduled, draft.local_time};
    for (const auto& issue : timed)
      if (issue.at == occurrence.at && is_of(issue.lists) && !dealing.slots.contains(issue.issue))
        return {occurrence, issue.slug, issue.state, issue.local_time};
    return {occurrence, {}, {}};
  };
  std::vector<PlannedSlot> slots;
  for (auto next = next_occurrence(list.schedule, now); next && count > 0;
       next = next_occurrence(list.schedule, next->at)) {
    slots.push_back(planned(*next));
    if (!next->skipped) --count;
  }
  return slots;
}

}  // namespace postrider::daemon
