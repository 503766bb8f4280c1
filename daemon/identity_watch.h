// What the daemon does about a database that nobody has claimed (guards/identity.h): it holds the
// queue back until `postrider claim`, and keeps the count outside the database. Main thread only,
// but for what the queue calls.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "queue/writer.h"
#include "store/sqlite_queue.h"

namespace postrider::daemon {

class IdentityWatch {
 public:
  /// Before the writer's thread is started, which `writing` and `queue` belong to then. Throws what
  /// the database throws. Error: the count cannot be kept.
  static Result<std::unique_ptr<IdentityWatch>> open(store::Database& writing,
                                                     store::SqliteQueue& queue, const Clock& clock);

  /// Nothing is to be sent.
  bool is_unclaimed() const { return unclaimed_; }
  /// Looks whether somebody has claimed it meanwhile, and lets the queue go then. True: just now.
  bool look_again(store::Database& reading, queue::Writer& writer);

 private:
  explicit IdentityWatch(store::SqliteQueue& queue) : queue_(queue) {}
  store::SqliteQueue& queue_;
  bool unclaimed_ = false;
};

}  // namespace postrider::daemon
