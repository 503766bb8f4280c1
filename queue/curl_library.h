// libcurl as a whole.
#pragma once

namespace postrider::queue {

/// Before anything else of libcurl; again: nothing happens. Any thread. Throws where it cannot be
/// initialised.
void initialise_curl();

}  // namespace postrider::queue
