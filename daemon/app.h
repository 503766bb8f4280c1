// The daemon: the one place that builds and connects everything. `run` returns when SIGTERM or
// SIGINT has ended it.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "config/settings.h"

namespace postrider::daemon {

class App {
 public:
  /// Takes the database and connects everything; nothing is sent or served before `run`. Error:
  /// what keeps the daemon from starting, in one line.
  static Result<std::unique_ptr<App>> open(config::Settings settings, const Clock& clock);
  ~App();

  Result<void> run();

 private:
  struct State;
  explicit App(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::daemon
