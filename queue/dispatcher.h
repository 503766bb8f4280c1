// Hands claimed deliveries to the sender threads: claims through the writer, keeps a small stock,
// and gives each thread a Desk.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "queue/composer.h"
#include "queue/failures.h"
#include "queue/pacing.h"
#include "queue/relay.h"
#include "queue/writer.h"

namespace postrider::queue {

constexpr auto patience_at_end = std::chrono::seconds(75);  // systemd kills after 90

/// One sender thread's work: a relay of the plan may be carried by several.
struct Outlet {
  std::size_t relay;  // its number in the plan
  std::unique_ptr<Relay> carrier;
};

class Dispatcher {
 public:
  /// All arguments must outlive it. Starts one thread for each outlet.
  Dispatcher(Store& store, Writer& writer, Composer& composer, const Clock& clock,
             RetryPolicy policy, std::unique_ptr<Pacing> pacing, std::vector<Outlet> outlets);
  /// Stops the threads, where that was not done yet with the patience of `patience_at_end`; returns
  /// when all have ended.
  ~Dispatcher();

  /// Asks the threads to end: answers to final dots are waited for `patience` at most, the rest
  /// goes back at once. May be called again, to shorten that. Any thread.
  void stop(std::chrono::seconds patience);
  /// After `stop`: returns when all threads have ended. One thread only.
  void join();

  /// The queue may have changed (another process wrote, an issue started): look again. Any thread.
  void poke();

  /// One for each outlet.
  std::vector<RelayStatus> status() const;
  /// The limits that hold mail back now.
  const Pacing& pacing() const;
  std::vector<FailureStatus> failures() const;
  /// As of Failures.
  void forget_words();

  /// One count a sender thread, as of Writer::heartbeat.
  std::vector<std::uint64_t> heartbeats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::queue
