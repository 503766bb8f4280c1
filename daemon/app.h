// The daemon: the one place that builds and connects everything. `run` returns when SIGTERM or
// SIGINT has ended it.
#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"
#include "daemon/guards/build_date.h"

namespace postrider::daemon {

class App {
 public:
  /// What only a clock that a test moves wants otherwise.
  struct Options {
    std::chrono::milliseconds look_every{250};  // how soon it sees what commands wrote
    Instant built = guards::build_date();       // a clock that says less cannot be right
  };

  /// Takes the database and connects everything; nothing is sent or served before `run`. Error:
  /// what keeps the daemon from starting, in one line. `clock` must outlive it.
  static Result<std::unique_ptr<App>> open(config::Settings settings, const Clock& clock,
                                           const Options& options);
  static Result<std::unique_ptr<App>> open(config::Settings settings, const Clock& clock) {
    return open(std::move(settings), clock, Options());
  }
  ~App();

  Result<void> run();

 private:
  struct State;
  explicit App(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::daemon
