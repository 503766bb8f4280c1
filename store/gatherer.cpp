#include "store/gatherer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace postrider::store {

using Steady = std::chrono::steady_clock;

Gatherer::Gatherer(std::filesystem::path database, const Clock& clock)
    : file_(std::move(database)),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Gatherer::~Gatherer() = default;

void Gatherer::gather(IssueId issue, AudienceOrder order, Done done) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({issue, std::move(order), std::move(done)});
  }
  wake_.notify_one();
}

void Gatherer::run(const std::stop_token& stop) {
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !tasks_.empty(); })) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    std::string trouble;
    try {
      if (!carry_out(task, stop)) return;
    } catch (const std::exception& error) {
      trouble = error.what();
    }
    task.done(trouble);
  }
}

bool Gatherer::carry_out(const Task& task, const std::stop_token& stop) {
  Ledger ledger(database());
  StepSize size;
  for (bool first = true; !stop.stop_requested(); first = false) {
    const auto begun = Steady::now();
    if (ledger.gather(task.issue, task.order, clock_.now(), size.readers())) {
      // Syncs the log while others may write, lest the last commit do so and hold them up.
      if (!first) database_->execute("PRAGMA wal_checkpoint(PASSIVE)");
      return true;
    }
    size.took(Steady::now() - begun);
    database_->copy_back();
    database_->let_others_write();
  }
  return false;
}

Database& Gatherer::database() {
  if (!database_) {
    auto opened = Database::open(file_, OpenMode::read_write);
    if (!opened) throw std::runtime_error(opened.error().message);
    database_ = std::move(*opened);
    database_->gather_commits();
  }
  return *database_;
}

}  // namespace postrider::store
