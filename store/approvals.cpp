#include "store/approvals.h"

#include <algorithm>
#include <span>

#include "base/hash.h"
#include "base/text.h"
#include "base/time_zone.h"
#include "store/ledger.h"
#include "store/operator_mail.h"

namespace postrider::store {

using queue::Issue;
using queue::IssueState;

namespace {

constexpr std::string_view of_approval = "approval";  // the guard's name in the ledger

std::string quoted(const Issue& issue) { return "issue '" + issue.slug + "'"; }

/// Why the issue's state allows no approval; empty: it does.
std::string objection_to(const Issue& issue) {
  if (issue.started_at) return quoted(issue) + " was started already: nothing is left to approve";
  if (issue.state == IssueState::cancelled)
    return quoted(issue) + " is cancelled; `postrider issue schedule " + issue.slug +
           " TIME` brings it back, to be approved then";
  if (issue.missing) return quoted(issue) + " has lost its draft " + issue.path;
  if (issue.state == IssueState::rejected)
    return quoted(issue) + " is rejected: " + issue.note + "; mend the draft first";
  if (!issue.ready)
    return quoted(issue) + " is not ready; write status: ready in " + issue.path + " first";
  return {};
}

/// Why this is not what was shown; empty: it is.
std::string change_of(const Issue& issue, const ApprovalOrder& order) {
  if (issue.source_hash != order.source_hash)
    return quoted(issue) + ": its draft was edited a moment ago; look at it, and approve it again";
  if (issue.planned_at() != order.shown.time)
    return quoted(issue) + ": its time was changed a moment ago; look at it, and approve it again";
  if (!issue.scheduled_at && !order.at_once)
    return quoted(issue) + " has no time yet, and an approval is of one: write send_at in " +
           issue.path + ", or send it by `postrider approve " + issue.slug + " --now`";
  return {};
}

}  // namespace

std::string Covered::digest() const {
  const auto when = time ? std::to_string(time->time_since_epoch().count()) : std::string("-");
  const auto hash = sha256(content + "\n" + readers + "\n" + when);
  return hex(std::span(hash));
}

std::optional<Approval> Approvals::of(IssueId issue) {
  auto query = database_.prepare(
      "SELECT content, readers, scheduled_at, asked_for, approver, at, void_at, void_why "
      "FROM approvals WHERE issue_id = ?");
  if (!query.bind(issue.value).step()) return {};
  return Approval{{query.text(0), query.text(1), query.optional_instant(2)},
                  query.optional_instant(3),
                  query.text(4),
                  query.instant(5),
                  query.optional_instant(6),
                  query.text(7)};
}

void Approvals::bind(const Issue& issue, const ApprovalOrder& order, Instant time, Instant now) {
  const auto& shown = order.shown;
  database_
      .prepare(
          "INSERT OR REPLACE INTO approvals (issue_id, content, readers, asked_for, scheduled_at, "
          "approver, at) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .bind(issue.id.value)
      .bind(shown.content)
      .bind(shown.readers)
      .bind(shown.time)
      .bind(time)
      .bind(order.by)
      .bind(now)
      .run();
  Ledger(database_).note_event(
      "issue.approved",
      "by " + order.by + ", version " + shown.version() + ", for " +
          format_in_zone(time, "UTC", "%Y-%m-%d %H:%M ") +
          (shown.by_local_time && shown.time == time ? "by local time" : "UTC"),
      order.by_operator ? "operator" : "reviewer", now, issue.id);
}

Approvals::Plan Approvals::plan_of(IssueId issue) {
  auto query = database_.prepare("SELECT chosen_at, by_slot FROM issues WHERE id = ?");
  query.bind(issue.value).step();
  return {query.optional_instant(0), query.integer(1) != 0};
}

void Approvals::set_plan(IssueId issue, const Plan& plan) {
  database_.prepare("UPDATE issues SET chosen_at = ?, by_slot = ? WHERE id = ?")
      .bind(plan.chosen_at)
      .bind(static_cast<std::int64_t>(plan.by_slot))
      .bind(issue.value)
      .run();
}

/// Of an issue by local time: its day, and the slot that it takes.
std::optional<queue::LocalDay> Approvals::local_day_of(const Issue& issue) {
  auto query = database_.prepare("SELECT coalesce(slot_at, scheduled_at) FROM issues WHERE id = ?");
  query.bind(issue.id.value).step();
  return queue::LocalDay{*issue.local_day, query.instant(0)};
}

void Approvals::approve_correction(const Issue& issue, const Covered& shown, const std::string& by,
                                   Instant now) {
  ApprovalOrder order;
  order.shown = shown;
  order.shown.time = now;
  order.by = by;
  order.by_operator = true;
  bind(issue, order, now, now);
}

Result<void> Approvals::allows(const Issue& issue) {
  if (auto why = objection_to(issue); !why.empty()) return fail(std::move(why));
  return {};
}

Result<Issue> Approvals::approve(const ApprovalOrder& order, Instant now) {
  Result<Issue> result = fail("there is no issue '" + order.slug + "'");
  database_.transact([&] {
    Ledger ledger(database_);
    const auto issue = ledger.find_issue(order.slug);
    if (!issue) return;
    auto why = objection_to(*issue);
    if (why.empty()) why = change_of(*issue, order);
    if (!why.empty()) {
      result = fail(std::move(why));
      return;
    }
    const bool is_held = issue->state == IssueState::held;
    const bool may_go = order.by_operator || issue->held_by == of_approval;
    const bool is_late = is_held && !order.by_operator && !order.too_late.empty();
    const bool goes = order.at_once || (is_held && may_go && !is_late);
    auto time = issue->scheduled_at.value_or(now);
    if (goes) time = order.at_once ? now : std::max(time, now);
    const bool is_local = issue->local_at() && !order.at_once;
    bind(*issue, order, is_local ? *issue->planned_at() : time, now);
    if (goes) {
      // It has passed every question that this could say no to.
      const auto day = is_local ? local_day_of(*issue) : std::nullopt;
      const auto planned = plan_of(issue->id);
      const auto* actor = order.by_operator ? "operator" : "reviewer";
      if (const auto moved = ledger.schedule(order.slug, time, actor, now, day); !moved)
        throw std::logic_error(moved.error().message);
      // Its time is still its own, and moves with its draft.
      if (time > now) set_plan(issue->id, planned);
    } else if (is_held && may_go) {
      ledger.hold(issue->id, order.too_late, "daemon", now);
    }
    set_note(issue->id, "");
    result = *ledger.find_issue(order.slug);
  });
  return result;
}

void Approvals::make_void(const Issue& issue, std::string_view why, Instant now) {
  database_.transact([&] {
    const auto approval = of(issue.id);
    if (!approval || !approval->stands()) return;
    database_.prepare("UPDATE approvals SET void_at = ?, void_why = ? WHERE issue_id = ?")
        .bind(now)
        .bind(why)
        .bind(issue.id.value)
        .run();
    const auto line = "the approval by " + approval->by + " is void: " + std::string(why);
    Ledger(database_).note_event("issue.approval_void", line, "daemon", now, issue.id);
    OperatorMails(database_).tell(
        OperatorEvent::approval_void, issue.slug,
        line + "; approve it as it is now by `postrider approve " + issue.slug + "`", now);
  });
}

void Approvals::set_note(IssueId issue, std::string_view note) {
  database_.prepare("UPDATE issues SET note = ? WHERE id = ? AND state = 1 AND missing = 0")
      .bind(note)
      .bind(issue.value)
      .run();
}

}  // namespace postrider::store
