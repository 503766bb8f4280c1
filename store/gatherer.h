// Gathers audiences (store/gathering.h) on a thread and a connection of its own, so that neither
// the writer nor the main thread waits for a million readers. Step follows step at once; each is as
// large as the time others may wait for the database allows.
//
// The steps are not synced one by one. A power cut undoes the last of them, which are then done
// again: nobody has seen them. The commit that makes the issue live is synced, and by the order of
// SQLite's log all before it is on disk then, too
// (https://sqlite.org/pragma.html#pragma_synchronous: WAL mode "is always consistent with
// synchronous=NORMAL, but WAL mode does lose durability").
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/ids.h"
#include "store/ledger.h"
#include "store/sqlite.h"
#include "store/step_size.h"

namespace postrider::store {

class Gatherer {
 public:
  /// Called on the gatherer's thread when all is gathered, or with the reason why it is not.
  using Done = std::function<void(const std::string& trouble)>;

  /// Opens the database when it is first needed.
  Gatherer(std::filesystem::path database, const Clock& clock);
  /// Ends after the step under way; what is left is not `done`.
  ~Gatherer();

  void gather(IssueId issue, AudienceOrder order, Done done);

 private:
  struct Task {
    IssueId issue;
    AudienceOrder order;
    Done done;
  };

  void run(const std::stop_token& stop);
  /// False: told to stop.
  bool carry_out(const Task& task, const std::stop_token& stop);
  Database& database();

  const std::filesystem::path file_;
  const Clock& clock_;
  std::unique_ptr<Database> database_;  // the thread's
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> tasks_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postrider::store
