// What a thread writes to databases goes to the disk little by little, so that a commit of another
// thread, which waits for the disk, too, gets there in between.
#pragma once

namespace postrider::store {

/// From now on for this thread, in whatever database. Its writes take longer.
void pace_writes();

}  // namespace postrider::store
