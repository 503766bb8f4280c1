#include "daemon/aside.h"

#include <utility>

namespace postrider::daemon {

Aside::Aside() : thread_([this](const std::stop_token& stop) { loop(stop); }) {}

Aside::~Aside() = default;

void Aside::run(Work work) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(work));
  wake_.notify_one();
}

void Aside::loop(const std::stop_token& stop) {
  for (std::unique_lock lock(mutex_);;) {
    wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work(stop);
    lock.lock();
  }
}

}  // namespace postrider::daemon
