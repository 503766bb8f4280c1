#include "queue/writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

constexpr auto try_again_after = 1s;
constexpr int most_yields = 16;

}  // namespace

Writer::Writer(Store& store)
    : store_(store), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Writer::~Writer() = default;

void Writer::submit(Order order) {
  std::vector<Order> orders;
  orders.push_back(std::move(order));
  submit(orders);
}

void Writer::submit(std::vector<Order>& orders) {
  if (orders.empty()) return;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = orders_.empty();
    std::move(orders.begin(), orders.end(), std::back_inserter(orders_));
  }
  orders.clear();
  if (first) wake_.notify_one();
}

std::string Writer::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

std::uint64_t Writer::heartbeat() const { return heartbeat_; }

void Writer::run(const std::stop_token& stop) {
  std::deque<Order> batch;
  for (;;) {
    ++heartbeat_;
    {
      std::unique_lock lock(mutex_);
      if (!trouble_.empty())
        wake_.wait_for(lock, stop, try_again_after, [] { return false; });
      else if (batch.empty())
        wake_.wait_for(lock, stop, 1s, [this] { return !orders_.empty(); });
      let_others_submit(lock);
      // All that waits goes into one commit: while this one syncs, the next one gathers.
      while (!orders_.empty()) {
        batch.push_back(std::move(orders_.front()));
        orders_.pop_front();
      }
      if (batch.empty() && stop.stop_requested()) return;
    }
    if (batch.empty()) continue;
    const bool done = carry_out(batch);
    come_to_end();
    if (done) continue;
    if (stop.stop_requested())
      return;  // what cannot be written now is found again at the next start
  }
}

/// As long as that brings more: who is about to submit need not wait for the next commit, and a
/// commit costs the same for one order as for many. No clock: where nobody is ready to run, a yield
/// comes back at once.
void Writer::let_others_submit(std::unique_lock<std::mutex>& lock) {
  std::size_t seen = 0;
  for (int i = 0; i < most_yields && orders_.size() > seen; ++i) {
    seen = orders_.size();
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
}

bool Writer::carry_out(std::deque<Order>& batch) {
  try {
    store_.transact([&] {
      for (const auto& order : batch) order.work();
    });
  } catch (const CannotWrite& error) {
    set_trouble(error.what());
    return false;
  } catch (const std::exception&) {
    return carry_out_singly(batch);
  }
  set_trouble("");
  for (const auto& order : std::exchange(batch, {}))
    if (order.done) order.done();
  return true;
}

/// One of the orders cannot be carried out at all: it must not take the others with it.
bool Writer::carry_out_singly(std::deque<Order>& batch) {
  while (!batch.empty()) {
    std::string failure;
    try {
      store_.transact(batch.front().work);
    } catch (const CannotWrite& error) {
      set_trouble(error.what());
      return false;
    } catch (const std::exception& error) {
      failure = error.what();
      if (failure.empty()) failure = "unknown";
    }
    const auto order = std::move(batch.front());
    batch.pop_front();
    if (failure.empty() && order.done) order.done();
    if (!failure.empty() && order.failed) order.failed(failure);
  }
  set_trouble("");
  return true;
}

void Writer::come_to_end() {
  for (const auto& task : std::exchange(at_end_, {})) task();
}

void Writer::set_trouble(std::string trouble) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(trouble);
}

}  // namespace postrider::queue
