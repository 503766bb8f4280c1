// Hands claimed deliveries to the sender threads: claims through the writer, keeps a small stock,
// and gives each thread a Desk.
#pragma once

#include <memory>
#include <vector>

#include "queue/composer.h"
#include "queue/relay.h"
#include "queue/writer.h"

namespace postrider::queue {

class Dispatcher {
 public:
  /// All arguments must outlive it. Starts one thread for each relay (a relay with many connections
  /// may be given as several, one a thread).
  Dispatcher(Store& store, Writer& writer, Composer& composer, const Clock& clock,
             RetryPolicy policy, std::vector<std::unique_ptr<Relay>> relays);
  /// Stops the threads; returns when all have ended.
  ~Dispatcher();

  /// The queue may have changed (another process wrote, an issue started): look again. Any thread.
  void poke();

  std::vector<RelayStatus> status() const;

  /// One count a sender thread, as of Writer::heartbeat.
  std::vector<std::uint64_t> heartbeats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::queue
