// The one thread that writes the database in the daemon. Orders from all other threads are carried
// out in the order they came, as many as wait in one transaction (group commit, no timer).
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "queue/store.h"

namespace postrider::queue {

class Writer {
 public:
  struct Order {
    std::function<void()> work;  // inside the transaction; may run again after a rollback
    std::function<void()> done;  // on the writer thread, after the commit; may be empty
    std::function<void(std::string)> failed;  // `work` itself threw: why; may be empty
  };

  /// Starts the thread. `store` must outlive it.
  explicit Writer(Store& store);
  /// Carries out what was submitted, then ends; gives up on what cannot be written.
  ~Writer();

  /// From any thread; never blocks on the disk.
  void submit(Order order);
  /// Several, in one commit; they are moved out.
  void submit(std::vector<Order>& orders);

  /// From an order's `done` or `failed`: to be called when those of all orders that went with it
  /// have been, so that who waits for several is woken once.
  void at_end(std::function<void()> task) { at_end_.push_back(std::move(task)); }

  /// Why nothing can be written now ("database or disk is full"); empty: all is well. Any thread.
  std::string trouble() const;

  /// Counts the rounds of the thread's loop, idle ones too: stands still only where it is stuck.
  std::uint64_t heartbeat() const;

 private:
  void run(const std::stop_token& stop);
  /// True: all of it is on disk (or was told to have failed) and gone from the batch.
  bool carry_out(std::deque<Order>& batch);
  bool carry_out_singly(std::deque<Order>& batch);
  void let_others_submit(std::unique_lock<std::mutex>& lock);
  void come_to_end();
  void set_trouble(std::string trouble);

  Store& store_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Order> orders_;
  std::string trouble_;
  std::vector<std::function<void()>> at_end_;  // the writer thread only
  std::atomic<std::uint64_t> heartbeat_{0};
  std::jthread thread_;  // last: its loop uses all of the above
};

}  // namespace postrider::queue
