#include "daemon/door_reads.h"

#include <utility>

namespace postrider::daemon {

DoorReads::DoorReads(store::Database& database, std::function<void(std::function<void()>)> post)
    : database_(database), post_(std::move(post)) {}

store::Database& DoorReads::look() {
  if (!std::exchange(looking_, true)) {
    post_([this] { look_anew(); });
    database_.begin_reading();
  }
  return database_;
}

void DoorReads::look_anew() {
  looking_ = false;
  database_.end_reading();
}

}  // namespace postrider::daemon
