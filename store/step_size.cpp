#include "store/step_size.h"

#include <algorithm>

namespace postrider::store {

void StepSize::took(std::chrono::nanoseconds time) {
  // Not more than twice as many at once: a single quick step says little.
  const auto fitting = readers_ * wanted / std::max(time, wanted / 2);
  readers_ = std::clamp(fitting, least, most);
}

}  // namespace postrider::store
