// Removes in the daemon what erasures leave in the database's files (store/traces.h), on a thread
// and a connection of its own: those by readers, and those of commands that were cut off.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "store/sqlite.h"

namespace postrider::store {

class Sweeper {
 public:
  /// A command has `grace` to do it itself. `done`: called on the sweeper's thread after each time
  /// that nothing was left. Opens the database when it is first needed.
  Sweeper(std::filesystem::path database, std::chrono::milliseconds grace,
          std::function<void()> done = {});
  /// Ends after the step under way; what is left is done after the next start.
  ~Sweeper();

  /// There are traces. From any thread.
  void sweep();

 private:
  void run(const std::stop_token& stop);
  /// False: somebody is in the way, or it cannot be written.
  bool carry_out();

  const std::filesystem::path file_;
  const std::chrono::milliseconds grace_;
  const std::function<void()> done_;
  std::unique_ptr<Database> database_;  // the thread's
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool wanted_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postrider::store
