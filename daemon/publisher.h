// The publisher gives drafts their time and starts issues when it has come. It renders on its own
// (the main) thread and writes through the writer, where it looks at the ledger again: between
// reading a draft and writing its row anything may have happened.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/zone_files.h"
#include "config/settings.h"
#include "daemon/draft_plan.h"
#include "daemon/guards/build_date.h"
#include "daemon/guards/clock.h"
#include "daemon/proof.h"
#include "queue/issue.h"
#include "queue/writer.h"
#include "store/approvals.h"
#include "store/gatherer.h"
#include "store/ledger.h"

namespace postrider::daemon {

class Publisher {
 public:
  /// Runs a function on the main thread, soon.
  using Post = std::function<void(std::function<void()>)>;
  /// The same after a while; called on the main thread.
  using After = std::function<void(std::chrono::milliseconds, std::function<void()>)>;

  /// `reading` is the main thread's connection, `writing` the writer thread's. All must outlive it.
  /// `started`: called on the main thread when an issue's deliveries are there to be sent.
  /// `built`: a clock that says less cannot be right. `token_key`: that signs from now on.
  Publisher(const config::Settings& settings, store::Database& reading, store::Database& writing,
            queue::Writer& writer, const Clock& clock, Post post, After after,
            std::function<void()> started, Instant built = guards::build_date(),
            int token_key = -1);

  /// A draft is new or has changed; `path` below the drafts folder.
  void draft_changed(const std::filesystem::path& path);
  /// A draft is gone.
  void draft_gone(const std::filesystem::path& path);
  /// A scan begins; drafts that the ledger knows and that are not among these are gone.
  void drafts_listed(const std::set<std::string>& names);
  /// A scan has ended; `complete`: every draft there is was told. `done` is called on the main
  /// thread when all of it is on disk; for a new database's first scan, only when it is complete.
  void scan_finished(bool complete, std::function<void()> done);

  /// Starts what is due, holds what is too late, gathers the audiences of what is soon due. Cheap
  /// where there is nothing to do. `may_start`: else what is due waits, without a state of its own.
  void tick(bool may_start = true);

 private:
  void start_due(Instant now);
  void start(const queue::Issue& issue);
  void gather_ahead(const queue::Issue& issue);
  /// `then`: on the main thread, when all is gathered.
  void gather(IssueId issue, const store::AudienceOrder& order, std::function<void()> then);
  store::Start start_of(const Proof& proof, const templates::Likeness& likeness) const;
  store::AudienceOrder order_for(const std::vector<std::string>& lists,
                                 std::shared_ptr<const store::Segment> segment) const;
  /// `guard`: that holds it; empty: none that would do so again.
  void put_off(IssueId issue, bool reject, std::string why, std::string guard = "");
  void tell_clock(const std::optional<std::string>& wrong);
  /// Whether the clock was put back since it was looked at last, and what then waits for it.
  void look_at_clock(Instant now);
  /// `issue`: is not started meanwhile.
  void record(DraftFacts facts, std::optional<IssueId> issue);
  void look_at_refused();
  void look_at_zones(store::Ledger& ledger);
  /// One transaction's part of a longer work. True: there is more.
  using Step = std::function<bool(store::Ledger&)>;
  void submit(IssueId issue, Step step);
  void go_on(IssueId issue, const Step& step);
  /// A function for the writer thread that has `task` run on the main thread, if this still lives.
  std::function<void()> later(std::function<void()> task);

  const config::Settings& settings_;
  store::Database& reading_;
  store::Database& writing_;
  queue::Writer& writer_;
  const Clock& clock_;
  Post post_;
  After after_;
  std::function<void()> started_;
  std::uint64_t zones_version_ = zones_version();
  std::set<IssueId> starting_;                            // whose start is under way in the writer
  std::set<std::string> refused_;                         // drafts whose slug was another's
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // gone: late answers are dropped
  store::Gatherer gatherer_;
  const int token_key_;
  guards::ClockGuard clock_guard_;
  bool clock_is_wrong_ = false;        // as it was told
  std::optional<Instant> clock_said_;  // last; at first, what the ledger's last entry has
  bool saw_clock_ = false;             // here, not in the ledger
};

}  // namespace postrider::daemon
