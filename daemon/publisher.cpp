#include "daemon/publisher.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "base/text.h"
#include "base/time_zone.h"
#include "daemon/approval.h"
#include "daemon/calendar.h"
#include "daemon/guards/late.h"
#include "daemon/guards/start.h"
#include "daemon/local_starts.h"
#include "daemon/relays.h"
#include "daemon/segments.h"
#include "store/approvals.h"
#include "store/corrections.h"
#include "store/identity.h"
#include "store/slots.h"

namespace postrider::daemon {

namespace {

using guards::let_go;
using queue::IssueState;

constexpr const char* of_clock = "clock";  // the guard's name in the ledger

// Between two steps of a longer work the database is nobody's for this long.
constexpr auto between_steps = std::chrono::milliseconds(2);

}  // namespace

Publisher::Publisher(const config::Settings& settings, store::Database& reading,
                     store::Database& writing, queue::Writer& writer, const Clock& clock, Post post,
                     After after, std::function<void()> started, Instant built, int token_key)
    : settings_(settings),
      reading_(reading),
      writing_(writing),
      writer_(writer),
      clock_(clock),
      post_(std::move(post)),
      after_(std::move(after)),
      started_(std::move(started)),
      gatherer_(writing.file(), clock),
      token_key_(token_key),
      clock_guard_(built, store::last_entry(reading)),
      clock_said_(store::last_entry(reading)) {}

namespace {

/// Why a draft that was read again changes nothing.
void tell_unchanged(const DraftFacts& facts, const queue::Issue& existing) {
  if (existing.path != facts.path)
    spdlog::warn("{}: its name is the slug of {} already; give it a slug of its own", facts.path,
                 existing.path);
  else if (existing.source_hash != facts.hash)
    spdlog::info(
        "issue {}: its draft was edited after its sending started; nothing changes, but `postrider "
        "issue amend {}` gives those their mails of it who have not been served yet",
        facts.slug, facts.slug);
}

/// What recording a draft did beside.
struct Recorded {
  bool refused = false;  // its slug is another draft's
  bool freed = false;    // a slug has become free
};

/// An operator's time is for the draft as it was: one that was withdrawn, or comes back as another,
/// goes by its own.
void look_at_chosen_time(store::Ledger& ledger, const DraftFacts& facts, Instant now) {
  const auto issue = ledger.find_issue(facts.slug);
  if (!issue || issue->started_at || (issue->path != facts.path && !issue->missing)) return;
  if (!facts.ready)
    ledger.forget_chosen_time(*issue, "its draft is not ready any more", now);
  else if (issue->missing && issue->source_hash != facts.hash)
    ledger.forget_chosen_time(*issue, "its draft was gone, and is another now", now);
}

Recorded put(store::Ledger& ledger, store::Slots slots, store::Approvals approvals,
             DraftFacts facts, const config::Publication& publication, Instant now) {
  Recorded recorded;
  look_at_chosen_time(ledger, facts, now);
  if (facts.by_slot) facts.slot = slots.kept(facts.slug);
  // A draft that changed its slug leaves its old one behind.
  if (const auto before = ledger.find_issue_by_path(facts.path);
      before && before->slug != facts.slug && !before->started_at && !before->missing) {
    ledger.set_missing(before->id, true, now);
    recorded.freed = true;
  }
  const auto existing = ledger.find_issue(facts.slug);
  auto record = plan(facts, existing, !ledger.first_scan_done(), now, publication);
  recorded.refused =
      existing && existing->path != facts.path && (!record || record->slug != facts.slug);
  if (!record) {
    tell_unchanged(facts, *existing);
    if (existing->missing && existing->path == facts.path)
      ledger.set_missing(existing->id, false, now);
    return recorded;
  }
  if (record->state == IssueState::scheduled && record->note.empty() && facts.covered)
    record->note = approval_note(record->slug, existing ? approvals.of(existing->id) : std::nullopt,
                                 planned_for(*facts.covered, *record), publication);
  // A refused draft stands under its file's name, unless that is another draft's slug.
  const auto owner = ledger.find_issue(record->slug);
  if (recorded.refused && owner && owner->path != facts.path &&
      (owner->started_at || !owner->missing))
    spdlog::warn("{}", record->note);
  else
    slots.set(ledger.put_draft(*record, "daemon", now),
              facts.by_slot && facts.ready && !(owner && owner->chosen_at), facts.date);
  return recorded;
}

DraftFacts facts_of(const std::string& path, const Proof& proof, const config::Settings& settings) {
  DraftFacts facts;
  facts.path = path;
  facts.errors = summary(proof.faults);
  if (!proof.draft) {
    facts.slug = templates::default_slug(path);
    facts.title = path;
    facts.ready = proof.may_be_ready;
    return facts;
  }
  const auto& draft = *proof.draft;
  facts.slug = draft.slug;
  facts.title = draft.title;
  facts.hash = draft.hash;
  facts.lists = proof.lists;
  facts.segment = draft.segment;
  facts.segment_is_faulty = proof.has_faulty_segment();
  facts.ready = draft.ready;
  facts.send_at = draft.send_at;
  facts.date = draft.date;
  facts.local_time = draft.local_time;
  facts.home_zone = home_zone(proof.lists, settings);
  if (proof.good()) facts.covered = covered_by(proof, settings);
  if (draft.send_at) return facts;
  const auto rule = slot_rule(proof.lists, settings.lists);
  facts.by_slot = rule.schedule != nullptr;
  facts.slot_trouble = rule.trouble;
  return facts;
}

}  // namespace

void Publisher::draft_changed(const std::filesystem::path& path) {
  DraftFacts facts;
  try {
    const auto proof =
        prove(settings_.storage.drafts / path, settings_, known_names(settings_, &reading_));
    facts = facts_of(path.string(), proof, settings_);
  } catch (const std::exception& error) {
    // One draft that cannot be read must not stop the others.
    spdlog::error("draft {}: cannot be read: {}", path.string(), error.what());
    return;
  }
  record(std::move(facts), {});
}

void Publisher::record(DraftFacts facts, std::optional<IssueId> issue) {
  if (issue) starting_.insert(*issue);
  const auto recorded = std::make_shared<Recorded>();
  const auto name = facts.path;
  writer_.submit({[facts = std::move(facts), publication = settings_.publication, recorded,
                   &writing = writing_, &clock = clock_]() mutable {
                    store::Ledger ledger(writing);
                    facts.restored = store::forgot_drafts(writing);
                    if (facts.local_time)
                      facts.zones = reader_zones(writing, facts.lists, facts.home_zone);
                    *recorded = put(ledger, store::Slots(writing), store::Approvals(writing), facts,
                                    publication, clock.now());
                  },
                  later([this, name, issue, recorded] {
                    if (issue) starting_.erase(*issue);
                    if (recorded->refused)
                      refused_.insert(name);
                    else
                      refused_.erase(name);
                    if (recorded->freed) look_at_refused();
                  }),
                  [name, settled = later([this, issue] {
                           if (issue) starting_.erase(*issue);
                         })](const std::string& why) {
                    spdlog::error("draft {}: could not be recorded: {}", name, why);
                    settled();
                  }});
}

/// Other rules of a zone make other moments of the times that drafts say.
void Publisher::look_at_zones(store::Ledger& ledger) {
  const auto version = zones_version();
  if (version == zones_version_) return;
  zones_version_ = version;
  spdlog::info("tzdata was updated: times are reckoned anew");
  for (const auto& issue : ledger.issues())
    if (!issue.started_at && !issue.missing) draft_changed(issue.path);
}

/// A slug has become free: one that was refused it may have it now.
void Publisher::look_at_refused() {
  for (const auto& name : std::exchange(refused_, {})) draft_changed(name);
}

void Publisher::draft_gone(const std::filesystem::path& path) {
  refused_.erase(path.string());
  writer_.submit({[path, &writing = writing_, &clock = clock_] {
                    store::Ledger ledger(writing);
                    const auto issue = ledger.find_issue_by_path(path.string());
                    if (issue && !issue->missing) ledger.set_missing(issue->id, true, clock.now());
                  },
                  later([this] { look_at_refused(); }),
                  {}});
}

void Publisher::drafts_listed(const std::set<std::string>& names) {
  writer_.submit({[names, &writing = writing_, &clock = clock_] {
                    store::Ledger ledger(writing);
                    for (const auto& issue : ledger.issues())
                      if (!issue.missing && issue.corrects.empty() && !names.contains(issue.path))
                        ledger.set_missing(issue.id, true, clock.now());
                  },
                  {},
                  [](const std::string& why) {
                    spdlog::error("the drafts could not be looked through: {}", why);
                  }});
}

void Publisher::scan_finished(bool complete, std::function<void()> done) {
  const auto finished = std::make_shared<bool>(true);
  writer_.submit({[complete, finished, &writing = writing_, &clock = clock_] {
                    store::Ledger ledger(writing);
                    if (ledger.first_scan_done()) return;
                    // What a new database's first scan has not seen settled is not let off.
                    *finished = complete;
                    if (complete) ledger.set_first_scan_done(clock.now());
                  },
                  later([this, finished, done = std::move(done)] {
                    look_at_refused();
                    if (*finished) return done();
                    spdlog::info("waiting for a draft that is still being written");
                  }),
                  [](const std::string& why) {
                    spdlog::error("the first look at the drafts could not be recorded: {}", why);
                  }});
}

void Publisher::tick(bool may_start) {
  store::Ledger ledger(reading_);
  look_at_zones(ledger);
  const auto now = clock_.now();
  look_at_clock(now);
  if (may_start) start_due(now);
  if (const auto useless = ledger.useless_gathering(now); useless && !starting_.contains(*useless))
    submit(*useless, [id = *useless, &clock = clock_](store::Ledger& the_ledger) {
      return the_ledger.discard_gathering(id, clock.now());
    });
  if (const auto erratum = store::Corrections(reading_).erratum_in_part();
      erratum && !starting_.contains(*erratum))
    submit(*erratum, [id = *erratum, &writing = writing_, &clock = clock_](store::Ledger&) {
      return store::Corrections(writing).gather_erratum(id, clock.now());
    });
  if (const auto cancelled = ledger.cancelled_in_part();
      cancelled && !starting_.contains(*cancelled))
    submit(*cancelled,
           [id = *cancelled](store::Ledger& the_ledger) { return the_ledger.cancel_rest(id); });
}

void Publisher::start_due(Instant now) {
  store::Ledger ledger(reading_);
  auto wrong = clock_guard_.look(now);
  tell_clock(wrong);
  for (const auto& issue : ledger.due_issues(now)) {
    if (starting_.contains(issue.id)) continue;
    if (wrong && !issue.is_released(of_clock)) {
      put_off(issue.id, false,
              *wrong + let_go(issue.slug, settings_.publication, issue.local_time.has_value()),
              of_clock);
      continue;
    }
    if (wrong) clock_guard_.believe(now);
    wrong.reset();
    if (const auto late = guards::late(*issue.scheduled_at, now, settings_.publication)) {
      put_off(issue.id, false,
              *late + let_go(issue.slug, settings_.publication, issue.local_time.has_value()));
      continue;
    }
    try {
      start(issue);
    } catch (const std::exception& error) {
      put_off(issue.id, true, issue.path + ": cannot be read: " + error.what());
    }
  }
  for (const auto& issue : ledger.issues_to_gather(now))
    if (issue.scheduled_at > now && !starting_.contains(issue.id)) gather_ahead(issue);
}

void Publisher::start(const queue::Issue& issue) {
  const auto proof =
      prove(settings_.storage.drafts / issue.path, settings_, known_names(settings_, &reading_));
  if (proof.has_faulty_segment() && proof.draft->hash == issue.source_hash)
    return put_off(issue.id, false,
                   lost_segment(issue.slug, settings_.publication) + std::string(with_faults) +
                       summary(proof.faults));
  if (!proof.good()) return put_off(issue.id, true, summary(proof.faults));
  // Edited a moment ago: what it says now counts once it is settled, and the watcher tells that.
  if (proof.draft->hash != issue.source_hash) return;
  // The settings name other lists than when it was read.
  if (proof.lists != issue.lists) return record(facts_of(issue.path, proof, settings_), issue.id);

  store::FrozenIssue frozen{*proof.issue, masthead_of(settings_),
                            templates::likeness_of(*proof.draft)};
  frozen.masthead.token_key = token_key_;
  const auto order = order_for(proof.lists, proof.segment);
  const auto how = start_of(proof, frozen.likeness);
  gather(issue.id, order,
         [this, id = issue.id, hash = proof.draft->hash, order, how,
          frozen = std::make_shared<const store::FrozenIssue>(std::move(frozen))] {
           submit(id, [id, hash, frozen, order, how, &clock = clock_](store::Ledger& ledger) {
             // Edited while its audience was gathered.
             if (const auto row = ledger.find_issue(id); !row || row->source_hash != hash)
               return false;
             return ledger.freeze(id, *frozen, order, "daemon", clock.now(), how) ==
                    store::Freeze::gathering;
           });
         });
}

/// How a proved issue starts, unless a guard objects.
store::Start Publisher::start_of(const Proof& proof, const templates::Likeness& likeness) const {
  const auto candidate = std::make_shared<const guards::Candidate>(
      proof.segment ? proof.segment->meaning : "", likeness, proof.leftovers,
      covered_by(proof, settings_), settings_.publication, settings_.guards);
  return {[candidate, &writing = writing_](const queue::Issue& issue) {
            return guards::ask_all(issue, *candidate, store::Precedents(writing),
                                   store::Approvals(writing).of(issue.id));
          },
          settings_.publication.undo_window};
}

store::AudienceOrder Publisher::order_for(const std::vector<std::string>& lists,
                                          std::shared_ptr<const store::Segment> segment) const {
  return {pacing_plan(settings_).named_domains(), std::move(segment), home_zone(lists, settings_),
          settings_.publication.local_time_missed};
}

/// One whose segment cannot be read any more is held at its time, and may be mended until then.
void Publisher::gather_ahead(const queue::Issue& issue) {
  std::shared_ptr<const store::Segment> segment;
  if (!issue.segment.empty()) {
    auto read =
        read_issue_segment(issue.segment, terms_of(settings_, known_names(settings_, &reading_)));
    if (!read) return;
    segment = std::make_shared<const store::Segment>(std::move(*read));
  }
  gather(issue.id, order_for(issue.lists, std::move(segment)),
         [this, id = issue.id] { starting_.erase(id); });
}

void Publisher::gather(IssueId issue, const store::AudienceOrder& order,
                       std::function<void()> then) {
  starting_.insert(issue);
  const auto settled = later([this, issue] { starting_.erase(issue); });
  gatherer_.gather(issue, order,
                   [settled, done = later(std::move(then))](const std::string& trouble) {
                     if (trouble.empty()) return done();
                     spdlog::error("an audience could not be gathered: {}", trouble);
                     settled();
                   });
}

void Publisher::look_at_clock(Instant now) {
  const auto before = std::exchange(clock_said_, now);
  const bool saw = std::exchange(saw_clock_, true);
  if (!before || now >= *before - guards::ClockGuard::least_step) return;
  const auto by = *before - now;
  spdlog::warn("the clock was put back by {}",
               to_string(std::chrono::floor<std::chrono::seconds>(by)));
  writer_.submit(
      {[by, now, saw, &writing = writing_] { store::Ledger(writing).put_clock_back(by, now, saw); },
       {},
       [](const std::string& why) {
         spdlog::error("what waits could not be brought to the clock: {}", why);
       }});
  for (const auto& issue : store::Ledger(reading_).issues_under_way())
    submit(issue.id,
           [id = issue.id, by, now, from = std::make_shared<std::int64_t>(0)](
               store::Ledger& ledger) { return ledger.put_clock_back(id, by, now, *from); });
}

void Publisher::tell_clock(const std::optional<std::string>& wrong) {
  if (wrong.has_value() == std::exchange(clock_is_wrong_, wrong.has_value())) return;
  if (wrong)
    spdlog::warn("{}; issues that are due are held until then", *wrong);
  else
    spdlog::info("the clock is plausible again");
}

void Publisher::put_off(IssueId issue, bool reject, std::string why, std::string guard) {
  submit(issue, [issue, reject, why = std::move(why), guard = std::move(guard),
                 &clock = clock_](store::Ledger& ledger) {
    const auto row = ledger.find_issue(issue);
    if (!row || row->state != IssueState::scheduled) return false;
    if (reject)
      ledger.reject(issue, why, "daemon", clock.now());
    else
      ledger.hold(issue, why, "daemon", clock.now(), guard);
    return false;
  });
}

void Publisher::submit(IssueId issue, Step step) {
  starting_.insert(issue);
  const auto more = std::make_shared<bool>(false);
  const auto settled = later([this, issue] {
    starting_.erase(issue);
    started_();
  });
  writer_.submit({[step, more, &writing = writing_] {
                    store::Ledger ledger(writing);
                    *more = step(ledger);
                  },
                  [step, more, settled, again = later([this, issue, step] {
                                          go_on(issue, step);
                                        })] { *more ? again() : settled(); },
                  [settled](const std::string& why) {
                    spdlog::error("an issue could not be moved on: {}", why);
                    settled();
                  }});
}

/// Other processes wait for the database by looking now and then whether it is free.
void Publisher::go_on(IssueId issue, const Step& step) {
  after_(between_steps, [this, issue, step, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) submit(issue, step);
  });
}

std::function<void()> Publisher::later(std::function<void()> task) {
  return [task = std::move(task), post = post_, alive = std::weak_ptr(alive_)] {
    post([task, alive] {
      if (!alive.expired()) task();
    });
  };
}

}  // namespace postrider::daemon
