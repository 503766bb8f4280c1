// Copies the log back into the database's file beside the daemon's writer, on a thread and a
// connection of its own: a copy syncs the whole file, and no commit is to wait for that.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "store/sqlite.h"

namespace postrider::store {

class LogCopier {
 public:
  /// From now on for the commits of `writing`, which must outlive it. Made and destroyed while
  /// nothing is written. Opens its own connection when it is first needed.
  explicit LogCopier(Database& writing);
  /// Ends after the copy under way; from then on commits copy again.
  ~LogCopier();
  LogCopier(const LogCopier&) = delete;
  LogCopier& operator=(const LogCopier&) = delete;

 private:
  void grown(int frames);  // the writing thread
  void run(const std::stop_token& stop);
  void copy();

  Database& writing_;
  int seen_ = 0;  // the writing thread's: frames after the last commit
  int due_;       // the writing thread's: the log is as long that it has to begin anew
  std::atomic<int> copied_{0};
  std::atomic<bool> hurries_{false};  // the log is long: its copy goes to the disk at once
  std::unique_ptr<Database> own_;     // the thread's
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool wanted_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postrider::store
