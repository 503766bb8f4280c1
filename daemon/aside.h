// What takes long and is to hold up nobody: done one after another, on a thread of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace postrider::daemon {

class Aside {
 public:
  /// Ends early where it is to stop. Throws nothing.
  using Work = std::function<void(const std::stop_token& stop)>;

  Aside();
  /// Has the work under way stop; what waits is begun all the same, to stop at once.
  ~Aside();

  void run(Work work);

 private:
  void loop(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Work> waiting_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postrider::daemon
