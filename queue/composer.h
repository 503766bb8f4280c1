// Who turns a claimed delivery into a message. Implemented by daemon/mailroom.
#pragma once

#include "base/error.h"
#include "queue/relay.h"

namespace postrider::queue {

class Composer {
 public:
  virtual ~Composer() = default;
  /// Fills the parcel's envelope and data from its `claimed`. Called by several sender threads at
  /// once. An error fails that delivery (scope message), with its text as the reason. It
  /// may throw where something is broken (disk, SQL): the delivery is tried again later.
  virtual Result<void> compose(Parcel& parcel) = 0;
};

}  // namespace postrider::queue
