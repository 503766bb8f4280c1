#include "store/importing.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/text.h"
#include "store/erased.h"
#include "store/import_changes.h"
#include "store/ledger.h"
#include "store/sign_ups.h"
#include "store/suppressions.h"

namespace postrider::store {

using namespace postrider::subscribers;
using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t most_examples = 100;
constexpr std::size_t most_changes = 10;  // of each kind, of a dry run

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const ImportSummary& summary) {
  Json json{{"read", summary.read},       {"added", summary.added},
            {"updated", summary.updated}, {"unchanged", summary.unchanged},
            {"skipped", summary.skipped}, {"carried", summary.carried}};
  if (const auto rest = summary.not_reached(); rest != 0) json["not_reached"] = rest;
  return dump(json);
}

bool comes_before(const SkippedRow& a, const SkippedRow& b) {
  return std::tie(a.file, a.row) < std::tie(b.file, b.row);
}

/// Where its address is not told, one that comes before all addresses.
std::string key_of_erased(const Fingerprint& print) {
  return " " + hex(print.hash) + std::to_string(print.key);
}

/// How it stands at its source, but for confirmed.
std::string_view carried(const Entry& entry) {
  if (entry.suppressed) return to_string(*entry.suppressed);
  if (!entry.standing || entry.standing == Standing::confirmed) return {};
  return to_string(*entry.standing);
}

}  // namespace

int most_frames_in(const std::filesystem::path& folder) {
  constexpr int most = 16'000;  // 64 MB
  constexpr std::uintmax_t frame = 4096;
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) return Database::usual_frames;
  return std::clamp(static_cast<int>(std::min<std::uintmax_t>(space.available / 16 / frame, most)),
                    Database::usual_frames, most);
}

Importing::Importing(Database& database, const ImportOrder& order, Instant now, ErasedKeys keys)
    : database_(database),
      keys_(std::move(keys)),
      order_(order),
      now_(now),
      list_(require_list(database, order.list)),
      rows_(database.file().parent_path()),
      most_frames_(most_frames_in(database.file().parent_path())) {}

Result<ImportSummary> Importing::run(const Reading& reading) {
  if (!order_.dry_run) {
    auto lock = ImportLock::for_import(database_.file());
    if (!lock) return tl::make_unexpected(lock.error());
    lock_ = std::move(*lock);
  }
  const auto read = reading(
      [this](Entry entry, std::int64_t row, std::int64_t line) {
        if (order_.pending && entry.is_reader &&
            entry.standing.value_or(Standing::confirmed) == Standing::confirmed)
          entry.standing = Standing::pending;
        stage(std::move(entry), row, line);
      },
      [this](SkippedRow row) {
        count_row();
        skip(std::move(row));
      });
  tell(true, summary_.read);
  if (!read) return tl::make_unexpected(read.error());
  if (order_.stop.stop_requested()) return fail("was stopped while it was read");
  if (any_erased(database_)) look_for_keys();
  begin();
  write_all();
  finish();
  return std::move(summary_);
}

/// Where they are missing, it is told before anything is written.
void Importing::look_for_keys() const {
  if (keys_) keys_();
}

void Importing::count_row() {
  if (++summary_.read % 1024 == 0) tell(true, summary_.read);
}

void Importing::stage(Entry entry, std::int64_t row, std::int64_t line) {
  count_row();
  if (entry.erased) {
    look_for_keys();
    const auto key = key_of_erased(*entry.erased);
    return rows_.add(key, pack({std::move(entry), row, line}));
  }
  const auto address = admit(entry);
  if (!address)
    return skip({row, line, address.error().reason, address.error().detail, entry.file});
  entry.email = address->str();
  rows_.add(address->canonical(), pack({std::move(entry), row, line}));
}

/// The record that all of it points to is there before the first row is. From then on the last
/// commit syncs all those before it.
void Importing::begin() {
  if (!order_.dry_run)
    database_.transact([&] {
      evidence_ = add_evidence(database_, "import", "operator",
                               dump({{"source", order_.source}, {"list", list_.key}}), now_, {});
      database_
          .prepare(
              "INSERT INTO imports (at, source, format, list_id, evidence_id) "
              "VALUES (?, ?, ?, ?, ?)")
          .bind(now_)
          .bind(std::string_view(order_.source))
          .bind(std::string_view(order_.format))
          .bind(list_.id)
          .bind(evidence_)
          .run();
      summary_.import = database_.last_insert_id();
      write_summary();
      lock_->call(summary_.import);
    });
  // The questions of an import before this one may still be waiting.
  first_question_ = std::max(now_, last_question_that_waits(database_).value_or(now_));
  if (!order_.dry_run) database_.gather_commits();
  writer_ = std::make_unique<SubscriberWriter>(
      database_, list_, [this](SubscriberId) { return evidence_; }, summary_.import, keys_);
}

void Importing::write_all() {
  rows_.each([this](std::string_view canonical, std::string_view row) {
    if (order_.stop.stop_requested()) return;
    take(canonical, unpack(row));
  });
  if (order_.stop.stop_requested()) return;
  settle_duplicates();
  write_step();
}

void Importing::take(std::string_view canonical, StagedEntry staged) {
  if (!same_.empty() && same_.front().canonical != canonical) settle_duplicates();
  same_.push_back({std::string(canonical), std::move(staged)});
}

void Importing::settle_duplicates() {
  if (same_.empty()) return;
  const auto chosen = std::max_element(same_.begin(), same_.end(), [](const Row& a, const Row& b) {
    return weight_of(a.staged.entry) < weight_of(b.staged.entry);
  });
  auto& entry = chosen->staged.entry;
  for (auto row = same_.begin(); row != same_.end(); ++row) {
    if (row == chosen) continue;
    if (!suppression_of(entry)) entry.suppressed = suppression_of(row->staged.entry);
    skip({row->staged.row, row->staged.line, "duplicate",
          row->staged.entry.email + " is in row " + std::to_string(chosen->staged.row) + " already",
          row->staged.entry.file});
  }
  // What is erased is there before the step begins that looks for it.
  const bool is_erased = entry.erased.has_value();
  if (!batch_.empty() && batch_.back().staged.entry.erased && !is_erased) write_step();
  batch_.push_back(std::move(*chosen));
  same_.clear();
  if (std::ssize(batch_) >= size_.readers()) write_step();
}

void Importing::write_step() {
  if (batch_.empty()) return;
  const auto begun = SteadyClock::now();
  database_.transact([&] {
    writer_->begin_step(batch_.front().canonical, batch_.back().canonical);
    for (const auto& row : batch_) carry_out(row);
    if (!order_.dry_run) write_summary();
  });
  size_.took(SteadyClock::now() - begun);
  done_ += static_cast<std::int64_t>(batch_.size());
  batch_.clear();
  tell(false, done_);
  if (order_.dry_run) return;
  database_.copy_back(most_frames_);
  database_.let_others_write();
}

void Importing::carry_out(const Row& row) {
  const auto& entry = row.staged.entry;
  if (entry.erased) return remember_erased(row);
  const auto known = writer_->look_up(row.canonical);
  const auto decision = decide(known.known, entry, now_);
  if (!order_.dry_run && known.known.suppressed && suppression_of(entry))
    claim_suppression(database_, row.canonical, summary_.import);
  if (const auto standing = carried(entry); !standing.empty())
    ++summary_.carried[std::string(standing)];
  switch (decision.result) {
    case Added::added:
      ++summary_.added;
      break;
    case Added::updated:
      ++summary_.updated;
      break;
    case Added::unchanged:
      ++summary_.unchanged;
      return bear_out(row, known);
    case Added::skipped_unsubscribed:
    case Added::skipped_suppressed:
    case Added::skipped_erased:
      bear_out(row, known);
      return skip({row.staged.row, row.staged.line, std::string(skip_reason(decision.result)),
                   entry.email, entry.file});
  }
  if (order_.dry_run) return show_change(row, known, decision);
  const auto id = writer_->write(known, entry, entry.email, row.canonical, decision, now_);
  if (known.id != 0) note_change(row, known, decision, id);
  if (decision.becomes == SubscriptionState::pending && !decision.suppression) ask(id);
}

/// What an import before has said of one who is gone, this one says, too: where that one is undone,
/// it stays.
void Importing::bear_out(const Row& row, const KnownReader& known) {
  const auto& entry = row.staged.entry;
  if (order_.dry_run) return;
  if (!has_left(entry) || known.known.subscription != SubscriptionState::unsubscribed) return;
  const auto picture = picture_of(known);
  add_change(database_, summary_.import, {known.id}, picture, picture);
}

/// A hash by a key that is missing here would keep nobody out.
void Importing::remember_erased(const Row& row) {
  const auto& entry = row.staged.entry;
  const auto& print = *entry.erased;
  ++summary_.carried[std::string(to_string(SuppressionReason::erased))];
  if (!keys_ || !keys_().has_key(print.key))
    return skip({row.staged.row, row.staged.line, "unusable hash",
                 "of an erased address, by a token key that is missing here", entry.file});
  const bool is_new =
      order_.dry_run ? !is_erased(database_, print)
                     : add_erased(database_, {print, std::min(entry.since.value_or(now_), now_)},
                                  summary_.import);
  if (!is_new && !order_.dry_run) confirm_erased(database_, print);
  ++(is_new ? summary_.updated : summary_.unchanged);
}

/// One after another, so that a long list is not a flood.
void Importing::ask(std::int64_t subscriber) {
  const auto& [count, period] = order_.questions;
  const auto due = first_question_ + questions_++ * period / count;
  ask_pending(database_, subscriber, list_, evidence_, now_, due, true);
}

void Importing::note_change(const Row& row, const KnownReader& before, const Decision& decision,
                            std::int64_t subscriber) {
  const auto& known = before.known;
  auto consent = to_json(row.staged.entry.consent);
  if (consent.empty()) consent = before.consent;
  const bool moves = decision.becomes.has_value();
  const auto was = picture_of(before);
  auto after = before;
  after.known.person = decision.person;
  if (moves) {
    after.known.subscription = decision.becomes;
    after.known.since = decision.since;
    if (decision.becomes == SubscriptionState::confirmed) after.joined = decision.since;
    after.evidence = evidence_;
    after.consent = consent;
  }
  const auto is = picture_of(after);
  add_change(database_, summary_.import, {subscriber}, was, is);
  // What waits for one who has left is called off.
  if (moves && decision.becomes == SubscriptionState::unsubscribed && known.subscription)
    Ledger(database_).call_off({subscriber}, {list_.id}, now_);
}

void Importing::show_change(const Row& row, const KnownReader& before, const Decision& decision) {
  const auto same_kind =
      std::count_if(summary_.changes.begin(), summary_.changes.end(),
                    [&](const ChangedRow& change) { return change.result == decision.result; });
  if (static_cast<std::size_t>(same_kind) >= most_changes) return;
  std::string what;
  const auto add = [&what](const std::string& text) { what += (what.empty() ? "" : "; ") + text; };
  const auto was = before.known.subscription;
  if (decision.becomes)
    add((was ? std::string(to_string(*was)) + " → " : "") +
        std::string(to_string(*decision.becomes)));
  if (decision.suppression) add("suppressed: " + std::string(to_string(*decision.suppression)));
  if (const auto person = told_change(before.known.person, decision.person); !person.empty())
    add(person);
  summary_.changes.push_back(
      {row.staged.row, decision.result, row.staged.entry.email, std::move(what)});
}

void Importing::write_summary() {
  const auto text = text_of(summary_);
  database_.prepare("UPDATE imports SET summary = ? WHERE id = ?")
      .bind(std::string_view(text))
      .bind(summary_.import)
      .run();
}

void Importing::finish() {
  std::sort_heap(summary_.examples.begin(), summary_.examples.end(), comes_before);
  if (order_.dry_run) return;
  database_.sync_commits();
  const bool whole = summary_.not_reached() == 0;
  database_.transact([&] {
    write_summary();
    if (whole)
      database_.prepare("UPDATE imports SET finished_at = ? WHERE id = ?")
          .bind(now_)
          .bind(summary_.import)
          .run();
    Ledger(database_).note_event(whole ? "import.finished" : "import.stopped",
                                 order_.source + ": " + text_of(summary_),
                                 "import " + std::to_string(summary_.import), now_, {});
  });
}

/// They are met in the order of their faults; the first ones of the file are kept, in a heap.
void Importing::skip(SkippedRow row) {
  ++summary_.skipped[row.reason];
  auto& kept = summary_.examples;
  kept.push_back(std::move(row));
  std::push_heap(kept.begin(), kept.end(), comes_before);
  if (kept.size() <= most_examples) return;
  std::pop_heap(kept.begin(), kept.end(), comes_before);
  kept.pop_back();
}

void Importing::tell(bool reading, std::int64_t rows) {
  if (order_.progress) order_.progress({reading, rows, reading ? 0 : rows_.count()});
}

std::vector<ImportRecord> imports(Database& database) {
  std::vector<ImportRecord> all;
  auto query = database.prepare(
      "SELECT m.id, m.at, m.source, m.format, l.key, m.finished_at, m.undone_at, m.summary "
      "FROM imports m JOIN lists l ON l.id = m.list_id ORDER BY m.id DESC");
  while (query.step()) {
    all.push_back({query.integer(0), query.instant(1), query.text(2), query.text(3), query.text(4),
                   query.optional_instant(5), query.optional_instant(6), query.text(7)});
    auto& import = all.back();
    import.running = !import.finished_at && ImportLock::is_running(database.file(), import.id);
  }
  return all;
}

}  // namespace postrider::store
