// How often in a row the session broke that carried a delivery, on whatever thread. In memory: a
// restart only begins to count anew. Safe from any thread.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "queue/relay.h"
#include "queue/store.h"

namespace postrider::queue {

class Breaks {
 public:
  /// Counts one; true, and forgotten, where that was one too many.
  bool last_straw(const DeliveryKey& key) {
    const std::lock_guard lock(mutex_);
    const bool last = ++counts_[key] >= most_breaks;
    if (last) counts_.erase(key);
    size_ = counts_.size();
    return last;
  }

  void forget(const DeliveryKey& key) {
    if (size_ == 0) return;
    const std::lock_guard lock(mutex_);
    counts_.erase(key);
    size_ = counts_.size();
  }

 private:
  std::mutex mutex_;
  std::map<DeliveryKey, int> counts_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace postrider::queue
