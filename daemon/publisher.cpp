#include "daemon/publisher.h"

#include <algorithm>
#include <spdlog/spdlog.h>

#include "base/text.h"
#include "base/time_zone.h"
#include "store/sqlite_subscribers.h"

namespace postrider::daemon {

namespace {

using queue::IssueState;

std::string lateness(Instant time, Instant now, const config::Publication& publication) {
  // In the unit that people count such a time in.
  Duration late = std::chrono::floor<std::chrono::minutes>(now - time);
  if (late >= std::chrono::days(2)) late = std::chrono::floor<std::chrono::days>(late);
  if (late >= std::chrono::hours(2)) late = std::chrono::floor<std::chrono::hours>(late);
  return "its time, " + format_in_zone(time, publication.timezone, "%Y-%m-%d %H:%M %Z") + ", was " +
         to_string(late) + " ago (max_lateness = \"" +
         to_string(publication.max_lateness) + "\")";
}

std::string let_go(const std::string& slug) {
  return "; let it go by `postrider issue send " + slug + "` or `postrider issue schedule " + slug +
         " TIME`";
}

/// When the draft itself wants to be sent; `now` keeps the moment at which it was first seen.
Result<std::optional<Instant>> wanted_time(const DraftFacts& facts,
                                           const std::optional<queue::Issue>& existing, Instant now,
                                           const std::string& zone) {
  if (existing && existing->chosen_at) return existing->chosen_at;
  if (!facts.send_at) return std::nullopt;
  if (const auto* instant = std::get_if<Instant>(&*facts.send_at)) return *instant;
  if (const auto* local = std::get_if<LocalTime>(&*facts.send_at)) {
    auto instant = to_instant(*local, zone);
    if (!instant) return tl::make_unexpected(instant.error());
    return *instant;
  }
  if (existing && existing->state == IssueState::scheduled) return existing->scheduled_at;
  return now;
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

}  // namespace

std::optional<store::DraftRecord> plan(const DraftFacts& facts,
                                       const std::optional<queue::Issue>& existing, bool first_scan,
                                       Instant now, const config::Publication& publication) {
  if (existing && existing->path != facts.path && (existing->started_at || !existing->missing)) {
    auto record = refuse_slug(facts, *existing);
    if (record.slug == facts.slug) return std::nullopt;  // that row is the other issue's
    return record;
  }
  if (existing && (existing->started_at || existing->state == IssueState::cancelled)) return {};

  store::DraftRecord record;
  record.slug = facts.slug;
  record.title = facts.title;
  record.path = facts.path;
  record.source_hash = facts.hash;
  record.lists = facts.lists;
  record.ready = facts.ready;
  if (!facts.errors.empty()) {
    record.state = facts.ready ? IssueState::rejected : IssueState::draft;
    record.note = facts.errors;
    return record;
  }
  if (!facts.ready) return record;

  const auto time = wanted_time(facts, existing, now, publication.timezone);
  if (!time) {
    record.state = IssueState::rejected;
    record.note = facts.path + ": send_at: " + time.error().message;
    return record;
  }
  record.scheduled_at = *time;
  if (existing && existing->state == IssueState::held) {
    record.state = IssueState::held;
    record.note = existing->note;
  } else if (first_scan) {
    record.state = IssueState::held;
    record.note =
        "was there already when this new database first looked at the drafts" + let_go(facts.slug);
  } else if (!*time) {
    record.note =
        "ready, but without send_at, and its list has no schedule; write send_at in the "
        "draft, or send it by `postrider issue send " +
        facts.slug + "`";
  } else if (now - **time > publication.max_lateness) {
    record.state = IssueState::held;
    record.note = lateness(**time, now, publication) + let_go(facts.slug);
  } else if (existing && existing->state == IssueState::paused) {
    return {};
  } else {
    record.state = IssueState::scheduled;
  }
  return record;
}

Publisher::Publisher(const config::Settings& settings, store::Database& reading,
                     store::Database& writing, queue::Writer& writer, const Clock& clock, Post post,
                     std::function<void()> started)
    : settings_(settings),
      reading_(reading),
      writing_(writing),
      writer_(writer),
      clock_(clock),
      post_(std::move(post)),
      started_(std::move(started)) {}

namespace {

void put(store::Ledger& ledger, const DraftFacts& facts, const config::Publication& publication,
         Instant now) {
  const auto existing = ledger.find_issue(facts.slug);
  // A draft that changed its slug leaves its old one behind.
  if (const auto before = ledger.find_issue_by_path(facts.path);
      before && before->slug != facts.slug && !before->started_at && !before->missing)
    ledger.set_missing(before->id, true, now);
  const auto record = plan(facts, existing, !ledger.first_scan_done(), now, publication);
  if (!record) {
    if (existing && existing->started_at && existing->path == facts.path &&
        existing->source_hash != facts.hash)
      spdlog::info("issue {}: its draft was edited after its sending started; nothing changes",
                   facts.slug);
    else if (existing && existing->state == IssueState::cancelled &&
             existing->source_hash != facts.hash)
      spdlog::warn(
          "issue {}: was cancelled, and an edit of its draft changes nothing; `postrider issue "
          "schedule {} TIME` takes it up again",
          facts.slug, facts.slug);
    else if (existing && existing->path != facts.path)
      spdlog::warn("{}: its name is the slug of {} already; give it a slug of its own", facts.path,
                   existing->path);
    return;
  }
  ledger.put_draft(*record, "daemon", now);
}

DraftFacts facts_of(const std::string& path, const Proof& proof) {
  DraftFacts facts;
  facts.path = path;
  facts.errors = summary(proof.faults);
  if (!proof.draft) {
    // Nobody can tell whether it was meant to be sent, so its faults are told like a ready one's.
    facts.slug = templates::default_slug(path);
    facts.title = path;
    facts.ready = true;
    return facts;
  }
  const auto& draft = *proof.draft;
  facts.slug = draft.slug;
  facts.title = draft.title;
  facts.hash = draft.hash;
  facts.lists = proof.lists;
  facts.ready = draft.ready;
  facts.send_at = draft.send_at;
  return facts;
}

templates::Known known_names(store::Database& database, const config::Settings& settings) {
  templates::Known known;
  known.attributes = store::SqliteSubscribers(database).attribute_names();
  for (const auto& list : settings.lists) known.lists.insert(list.key);
  return known;
}

}  // namespace

void Publisher::draft_changed(const std::filesystem::path& path) {
  DraftFacts facts;
  try {
    facts = facts_of(path.string(), prove(settings_.storage.drafts / path, settings_,
                                          known_names(reading_, settings_)));
  } catch (const std::exception& error) {
    // One draft that cannot be read must not stop the others.
    spdlog::error("draft {}: cannot be read: {}", path.string(), error.what());
    return;
  }
  writer_.submit(
      {[this, facts, publication = settings_.publication, &writing = writing_, &clock = clock_] {
         store::Ledger ledger(writing);
         put(ledger, facts, publication, clock.now());
       },
       {},
       [path](const std::string& why) {
         spdlog::error("draft {}: could not be recorded: {}", path.string(), why);
       }});
}

void Publisher::draft_gone(const std::filesystem::path& path) {
  writer_.submit({[path, &writing = writing_, &clock = clock_] {
                    store::Ledger ledger(writing);
                    const auto issue = ledger.find_issue_by_path(path.string());
                    if (issue && !issue->missing) ledger.set_missing(issue->id, true, clock.now());
                  },
                  {},
                  {}});
}

void Publisher::scan_finished(std::set<std::string> seen, std::function<void()> done) {
  writer_.submit({[seen = std::move(seen), &writing = writing_, &clock = clock_] {
                    store::Ledger ledger(writing);
                    for (const auto& issue : ledger.issues()) {
                      if (issue.missing == !seen.contains(issue.path)) continue;
                      ledger.set_missing(issue.id, !issue.missing, clock.now());
                    }
                    if (!ledger.first_scan_done()) ledger.set_first_scan_done(clock.now());
                  },
                  std::move(done),
                  {}});
}

void Publisher::tick() {
  store::Ledger ledger(reading_);
  const auto now = clock_.now();
  for (const auto& issue : ledger.due_issues(now)) {
    if (starting_.contains(issue.id)) continue;
    if (now - *issue.scheduled_at > settings_.publication.max_lateness)
      put_off(issue.id, false,
              lateness(*issue.scheduled_at, now, settings_.publication) + let_go(issue.slug));
    else
      start(issue);
  }
}

void Publisher::start(const queue::Issue& issue) {
  const auto proof =
      prove(settings_.storage.drafts / issue.path, settings_, known_names(reading_, settings_));
  if (!proof.good()) return put_off(issue.id, true, summary(proof.faults));
  if (proof.draft->slug != issue.slug || !proof.draft->ready) return draft_changed(issue.path);

  store::FrozenIssue frozen{*proof.issue, {}};
  frozen.masthead.from = settings_.publication.from;
  frozen.masthead.reply_to = settings_.publication.reply_to;
  frozen.masthead.base_url = settings_.publication.base_url;
  for (const auto& list : settings_.lists) frozen.masthead.lists[list.key] = list.name;
  submit(issue.id, [id = issue.id, frozen, &clock = clock_](store::Ledger& ledger) {
    ledger.freeze(id, frozen, "daemon", clock.now());
  });
}

void Publisher::put_off(IssueId issue, bool reject, std::string why) {
  submit(issue, [issue, reject, why = std::move(why), &clock = clock_](store::Ledger& ledger) {
    const auto row = ledger.find_issue(issue);
    if (!row || row->state != IssueState::scheduled) return;
    if (reject)
      ledger.reject(issue, why, "daemon", clock.now());
    else
      ledger.hold(issue, why, "daemon", clock.now());
  });
}

void Publisher::submit(IssueId issue, std::function<void(store::Ledger&)> work) {
  starting_.insert(issue);
  const auto settled = [this, issue, post = post_, alive = std::weak_ptr(alive_)] {
    post([this, issue, alive] {
      if (alive.expired()) return;
      starting_.erase(issue);
      started_();
    });
  };
  writer_.submit({[work = std::move(work), &writing = writing_] {
                    store::Ledger ledger(writing);
                    work(ledger);
                  },
                  settled,
                  [settled](const std::string& why) {
                    spdlog::error("an issue could not be started: {}", why);
                    settled();
                  }});
}

}  // namespace postrider::daemon
