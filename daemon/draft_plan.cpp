#include "daemon/draft_plan.h"

#include <chrono>
#include <variant>

#include "base/local_hour.h"
#include "base/time_zone.h"
#include "daemon/guards/guard.h"
#include "daemon/guards/late.h"
#include "daemon/local_starts.h"

namespace postrider::daemon {

namespace {

using guards::let_go;
using queue::IssueState;

/// When an issue is to start; nothing: it has no time.
struct Wanted {
  std::optional<Instant> at = {};
  std::optional<queue::LocalDay> local_day = {};  // it comes by local time
};

/// The day on which an issue by local time comes to its readers, as its draft or an operator says.
std::optional<queue::LocalDay> wanted_day(const DraftFacts& facts,
                                          const std::optional<queue::Issue>& existing,
                                          const std::string& zone) {
  const auto of = [&](std::chrono::local_days day) {
    return queue::LocalDay{day, local_moment(day + *facts.local_time, facts.home_zone)};
  };
  if (existing && existing->chosen_at) return of(*existing->local_day);
  if (!facts.send_at) {
    if (!facts.slot) return {};
    return queue::LocalDay{local_day_of(*facts.slot, facts.home_zone), *facts.slot};
  }
  if (const auto* day = std::get_if<std::chrono::local_days>(&*facts.send_at)) return of(*day);
  if (const auto* local = std::get_if<LocalTime>(&*facts.send_at))
    return of(std::chrono::floor<std::chrono::days>(*local));
  return of(local_day_of(std::get<Instant>(*facts.send_at), zone));
}

Wanted wanted_by_local_time(const DraftFacts& facts, const std::optional<queue::Issue>& existing,
                            Instant now, const std::string& zone) {
  const auto day = wanted_day(facts, existing, zone);
  if (!day) return {};
  // Whatever has stopped it since: a short fault must not make it start sooner.
  const bool is_planned = existing && (existing->state == IssueState::scheduled ||
                                       existing->local_at() == day->day + *facts.local_time);
  const auto before = is_planned ? existing->scheduled_at : std::nullopt;
  // What an operator lets go starts then, though its first readers' hour has passed.
  if (before && existing->chosen_at && *before <= now) return {before, day};
  return {local_start(day->day + *facts.local_time, facts.zones, before, now), day};
}

/// When the draft itself wants to be sent; `now` keeps the moment at which it was first seen.
Result<Wanted> wanted_time(const DraftFacts& facts, const std::optional<queue::Issue>& existing,
                           Instant now, const std::string& zone) {
  if (existing && existing->chosen_at && !(facts.local_time && existing->local_day))
    return Wanted{existing->chosen_at};
  if (!facts.slot_trouble.empty()) return fail(facts.slot_trouble);
  if (facts.local_time) return wanted_by_local_time(facts, existing, now, zone);
  if (!facts.send_at) return Wanted{facts.slot};
  if (const auto* instant = std::get_if<Instant>(&*facts.send_at)) return Wanted{*instant};
  if (const auto* local = std::get_if<LocalTime>(&*facts.send_at)) {
    auto instant = to_instant(*local, zone);
    if (!instant) return tl::make_unexpected(instant.error());
    return Wanted{*instant};
  }
  const bool is_another = existing && existing->missing && existing->source_hash != facts.hash;
  const bool was_due =
      existing && !is_another &&
      (existing->state == IssueState::scheduled || existing->state == IssueState::held) &&
      existing->scheduled_at && *existing->scheduled_at <= now;
  return Wanted{was_due ? *existing->scheduled_at : now};
}

/// A ready draft that the first scan finds, and that may have been sent by a database that is lost:
/// all of them, but for what one that was put back knew as ready.
Result<void> first_seen(const DraftFacts& facts, const std::optional<queue::Issue>& existing,
                        const config::Publication& publication) {
  if (!facts.restored)
    return fail("was there already when this new database first looked at the drafts" +
                let_go(facts.slug, publication, facts.local_time.has_value()));
  if (existing && existing->ready &&
      (existing->state == IssueState::scheduled || existing->state == IssueState::draft))
    return {};
  return fail(
      "was not ready yet when the backup was made that this database comes from, so that "
      "it may have been sent since" +
      let_go(facts.slug, publication, facts.local_time.has_value()));
}

/// What a guard or an operator has decided outweighs what the draft says, until somebody says so.
bool is_stopped(const std::optional<queue::Issue>& existing) {
  return existing &&
         (existing->state == IssueState::held || existing->state == IssueState::paused ||
          existing->state == IssueState::cancelled);
}

std::string send_command(const std::string& slug, const config::Publication& publication) {
  return publication.approval == config::Approval::required ? "postrider approve " + slug + " --now"
                                                            : "postrider issue send " + slug;
}

/// A stopped issue's note without what was said of its draft's faults.
std::string own_note(const queue::Issue& issue) {
  return issue.note.substr(0, issue.note.find(with_faults));
}

/// The row of a draft whose slug belongs to another issue: it stands under its file's own name.
store::DraftRecord refuse_slug(const DraftFacts& facts, const queue::Issue& owner) {
  store::DraftRecord record;
  record.slug = templates::default_slug(facts.path);
  record.title = facts.title;
  record.path = facts.path;
  record.source_hash = facts.hash;
  record.state = IssueState::rejected;
  record.note = facts.path + ": slug: '" + facts.slug + "' " +
                (owner.started_at ? "was sent already, and a slug is sent once"
                                  : "is the slug of " + owner.path + " too") +
                "; give this draft a slug of its own";
  return record;
}

store::DraftRecord draft_record(const DraftFacts& facts) {
  store::DraftRecord record;
  record.slug = facts.slug;
  record.title = facts.title;
  record.path = facts.path;
  record.source_hash = facts.hash;
  record.lists = facts.lists;
  record.segment = facts.segment;
  record.ready = facts.ready;
  record.local_time = facts.local_time;
  return record;
}

struct Verdict {
  IssueState state;
  std::string note;  // why
};

/// Of a draft that is ready, or whose issue is cancelled. `time`: nothing: it has none.
Verdict judge(const DraftFacts& facts, const std::optional<queue::Issue>& existing, bool first_scan,
              std::optional<Instant> time, const std::string& errors, Instant now,
              const config::Publication& publication) {
  if (is_stopped(existing)) return {existing->state, own_note(*existing)};
  if (first_scan)
    if (const auto seen = first_seen(facts, existing, publication); !seen)
      return {IssueState::held, seen.error().message};
  // The draft was good, and is what it was.
  if (facts.segment_is_faulty && existing && existing->state == IssueState::scheduled &&
      existing->source_hash == facts.hash)
    return {IssueState::held, lost_segment(facts.slug, publication)};
  if (!errors.empty()) return {IssueState::rejected, errors};
  if (!time && facts.by_slot)
    return {IssueState::draft, "ready, and takes the next free slot of its list"};
  if (!time)
    return {IssueState::draft,
            "ready, but without send_at, and its list has no schedule; write send_at in the draft, "
            "or send it by `" +
                send_command(facts.slug, publication) + "`"};
  if (const auto late = guards::late(*time, now, publication))
    return {IssueState::held,
            *late + let_go(facts.slug, publication, facts.local_time.has_value())};
  return {IssueState::scheduled, ""};
}

}  // namespace

std::string lost_segment(const std::string& slug, const config::Publication& publication) {
  return "its segment cannot be read any more, so that nobody knows who is to get it; mend it" +
         let_go(slug, publication);
}

std::optional<store::DraftRecord> plan(const DraftFacts& facts,
                                       const std::optional<queue::Issue>& existing, bool first_scan,
                                       Instant now, const config::Publication& publication) {
  if (existing && existing->path != facts.path && (existing->started_at || !existing->missing)) {
    auto record = refuse_slug(facts, *existing);
    if (record.slug == facts.slug) return std::nullopt;  // that row is the other issue's
    return record;
  }
  if (existing && existing->started_at) return {};
  auto record = draft_record(facts);
  const bool is_cancelled = existing && existing->state == IssueState::cancelled;
  if (!facts.ready && !is_cancelled) {
    record.note = facts.errors;
    return record;
  }
  Result<Wanted> wanted;
  if (facts.errors.empty()) wanted = wanted_time(facts, existing, now, publication.timezone);
  if (wanted) record.scheduled_at = wanted->at;
  if (wanted) record.local_day = wanted->local_day;
  const auto errors = wanted ? facts.errors : facts.path + ": send_at: " + wanted.error().message;
  const auto verdict =
      judge(facts, existing, first_scan, record.scheduled_at, errors, now, publication);
  record.state = verdict.state;
  record.note = verdict.note;
  if (!errors.empty() && record.state != IssueState::rejected)
    record.note += (record.note.empty() ? "" : std::string(with_faults)) + errors;
  return record;
}

}  // namespace postrider::daemon
