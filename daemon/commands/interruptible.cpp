#include "daemon/commands/interruptible.h"

namespace postrider::daemon::commands {

namespace {

volatile std::sig_atomic_t signalled = 0;

}  // namespace

Interruptible::Interruptible() {
  signalled = 0;
  struct sigaction action{};
  action.sa_handler = [](int) { signalled = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, &before_int_);
  ::sigaction(SIGTERM, &action, &before_term_);
}

Interruptible::~Interruptible() {
  ::sigaction(SIGINT, &before_int_, nullptr);
  ::sigaction(SIGTERM, &before_term_, nullptr);
}

bool Interruptible::interrupted() {
  if (signalled == 0) return false;
  stop_.request_stop();
  return true;
}

}  // namespace postrider::daemon::commands
