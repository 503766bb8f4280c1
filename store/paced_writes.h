// What a thread writes to databases goes to the disk little by little, so that a commit of another
// thread, which waits for the disk, too, gets there in between.
#pragma once

#include <atomic>

namespace postrider::store {

/// From now on for this thread, in whatever database, unless `hurry`, which must outlive its
/// writes. They take longer.
void pace_writes(const std::atomic<bool>& hurry);

}  // namespace postrider::store
