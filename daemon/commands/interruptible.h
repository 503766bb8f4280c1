// Ctrl-C and SIGTERM for commands that work in steps.
#pragma once

#include <csignal>
#include <stop_token>

namespace postrider::daemon::commands {

/// While it lives, the first Ctrl-C or SIGTERM is only noted, so that the work ends between two
/// steps; a second one of the same kind ends the program at once. One at a time.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  /// Looks whether there was one, and has the token say it.
  bool interrupted();
  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  struct sigaction before_int_{}, before_term_{};
};

}  // namespace postrider::daemon::commands
