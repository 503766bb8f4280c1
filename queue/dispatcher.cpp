#include "queue/dispatcher.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "queue/sender_desk.h"

namespace postrider::queue {

using namespace std::chrono_literals;

namespace {

struct Sender {
  std::unique_ptr<Relay> relay;
  std::shared_ptr<SenderDesk> desk;
  std::jthread thread;
};

/// A whole issue can wait a little; a reader who clicks, and the commits of both, are not to. Of
/// this thread alone, as Linux has it.
void yield_to_readers() { setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 5); }

/// A relay that fails altogether (no memory, no descriptors left) is run again after a while.
void run(Relay& relay, SenderDesk& desk, const std::stop_token& stop) {
  try {
    relay.run(desk, stop);
  } catch (const std::exception& error) {
    desk.tell(std::string("the relay's thread failed: ") + error.what());
    std::mutex mutex;
    std::unique_lock lock(mutex);
    const auto until = Steady::now() + pause_of_faults;
    while (!stop.stop_requested() && Steady::now() < until) {
      desk.attend();
      std::condition_variable_any().wait_for(lock, stop, 250ms, [] { return false; });
    }
  }
}

}  // namespace

struct Dispatcher::State {
  std::shared_ptr<SenderDesk::Office> office;
  std::vector<Sender> senders;
  std::atomic<bool> stopped = false;

  void poke() const {
    for (const auto& sender : senders) sender.desk->poke();
  }
};

Dispatcher::Dispatcher(Store& store, Writer& writer, Composer& composer, const Clock& clock,
                       RetryPolicy policy, std::unique_ptr<Pacing> pacing,
                       std::vector<Outlet> outlets)
    : state_(std::make_unique<State>()) {
  state_->office = std::make_shared<SenderDesk::Office>(store, writer, composer, clock,
                                                        std::move(policy), std::move(pacing));
  for (auto& [number, carrier] : outlets) {
    auto desk = std::make_shared<SenderDesk>(state_->office, number);
    state_->senders.push_back({std::move(carrier), std::move(desk), {}});
  }
  state_->office->pacing->on_pause([office = state_->office.get()](const Pause& pause) {
    office->writer.submit({[office, pause] { office->store.keep(pause); }, {}, {}});
  });
  state_->office->pacing->on_change([state = state_.get()] { state->poke(); });
  for (auto& sender : state_->senders) {
    sender.thread =
        std::jthread([relay = sender.relay.get(), desk = sender.desk](const std::stop_token& stop) {
          yield_to_readers();
          while (!stop.stop_requested()) run(*relay, *desk, stop);
          desk->close();
        });
  }
}

Dispatcher::~Dispatcher() {
  if (!state_->stopped) stop(patience_at_end);
  join();
}

void Dispatcher::stop(std::chrono::seconds patience) {
  state_->stopped = true;
  const auto by = Steady::now() + patience;
  for (auto& sender : state_->senders) sender.desk->stop_by(by);
  for (auto& sender : state_->senders) sender.thread.request_stop();
}

void Dispatcher::join() {
  for (auto& sender : state_->senders)
    if (sender.thread.joinable()) sender.thread.join();
}

void Dispatcher::poke() { state_->poke(); }

std::vector<RelayStatus> Dispatcher::status() const {
  std::vector<RelayStatus> all;
  for (const auto& sender : state_->senders) {
    all.push_back(sender.relay->status());
    if (const auto trouble = sender.desk->trouble(); !trouble.empty())
      all.back().last_error = trouble;
  }
  return all;
}

const Pacing& Dispatcher::pacing() const { return *state_->office->pacing; }

std::vector<FailureStatus> Dispatcher::failures() const {
  return state_->office->failures.latest();
}

void Dispatcher::forget_words() { state_->office->failures.forget_words(); }

std::vector<std::uint64_t> Dispatcher::heartbeats() const {
  std::vector<std::uint64_t> all;
  for (const auto& sender : state_->senders) all.push_back(sender.desk->heartbeat());
  return all;
}

}  // namespace postrider::queue
