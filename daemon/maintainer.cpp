#include "daemon/maintainer.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <spdlog/spdlog.h>
#include <stop_token>
#include <string>
#include <utility>

#include "store/ledger.h"

namespace postrider::daemon {

Maintainer::Maintainer(store::Database& reading, Errands errands, Errands::Post post,
                       const Clock& clock)
    : reading_(reading), errands_(std::move(errands)), post_(std::move(post)), clock_(clock) {}

Maintainer::~Maintainer() = default;

void Maintainer::tick(Duration fold_after) {
  if (busy() || !errands_.trouble().empty()) return;
  if (is_due(clock_.now())) start(fold_after);
}

bool Maintainer::is_due(Instant now) {
  if (not_before_ && now < *not_before_ && *not_before_ - now <= again_after) return false;
  const auto last = store::maintenance_counts_from(reading_);
  if (!last) {
    if (!std::exchange(counts_, true))
      errands_.run(
          "from when on maintenance is counted",
          [now](store::Database& writing) { store::count_maintenance_from(writing, now); },
          [](bool) {});
    return false;
  }
  // A time to come is that of a clock that was put back.
  const auto passed = now >= *last ? now - *last : *last - now;
  return passed >= every + most_waiting || (passed >= every && is_quiet(now));
}

bool Maintainer::is_quiet(Instant now) {
  store::Ledger ledger(reading_);
  const auto under_way = ledger.issues_under_way();
  return ledger.due_issues(now + quiet).empty() &&
         std::none_of(under_way.begin(), under_way.end(),
                      [](const auto& issue) { return issue.state == queue::IssueState::sending; });
}

void Maintainer::start(Duration fold_after) {
  thread_ = std::jthread(
      [this, fold_after](const std::stop_token& stop) { work(stop, {.fold_after = fold_after}); });
}

void Maintainer::work(const std::stop_token& stop, const store::MaintenanceOrder& order) {
  const auto on_main = [this](auto task) {
    post_([task = std::move(task), alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) task();
    });
  };
  try {
    auto opened = store::Database::open(reading_.file(), store::OpenMode::read_write);
    if (!opened) return on_main([this, why = opened.error().message] { failed(why); });
    auto& database = **opened;
    const std::stop_callback on_stop(stop, [&database] { database.interrupt(); });
    const auto done = store::maintain(database, order, clock_,
                                      [&](auto, auto, auto) { return !stop.stop_requested(); });
    on_main([this, done] { finished(done); });
  } catch (const std::exception& error) {
    on_main([this, why = std::string(error.what())] { failed(why); });
  }
}

void Maintainer::finished(const store::Maintenance& done) {
  thread_ = {};
  if (done.interrupted) return;
  not_before_ = clock_.now() + again_after;
  errands_.run(
      "what maintenance has found",
      [done, now = clock_.now()](store::Database& writing) {
        store::note_maintenance(writing, done, "daemon", now);
      },
      [done](bool written) {
        // Else the log tells it by its event.
        if (!written && !done.faults.empty())
          spdlog::error("the database is damaged: {}; {}", store::in_words(done.faults.front()),
                        store::mend_damage);
      });
}

void Maintainer::failed(const std::string& why) {
  thread_ = {};
  not_before_ = clock_.now() + again_after;
  spdlog::warn("the database could not be maintained, and is tomorrow: {}", why);
}

}  // namespace postrider::daemon
