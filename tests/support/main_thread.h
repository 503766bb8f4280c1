// A main loop for tests: what other threads post to it is done by whoever waits for something.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace postrider::test {

/// The main thread's work, done by whoever waits for an answer.
class MainThread {
 public:
  void post(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    woken_.notify_one();
  }
  void work_until(const std::function<bool()>& done) {
    while (!done()) work_once();
  }
  /// What was posted first, or is next.
  void work_once() {
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [this] { return !tasks_.empty(); });
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<std::function<void()>> tasks_;
};

}  // namespace postrider::test
