#include "queue/window.h"

#include <algorithm>

namespace postrider::queue {

void Window::succeeded() { width_ = std::min<double>(most_, width_ + 1 / width_); }

void Window::failed(int in_use) {
  const double used = std::clamp<double>(in_use, 1, width_);
  width_ = std::max(1.0, used - 1 / used);
}

}  // namespace postrider::queue
