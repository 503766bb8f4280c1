// The daemon as it is, by a clock that its test moves: `year_daemon SETTINGS CLOCK`.
#include <chrono>
#include <csignal>
#include <iostream>
#include <sys/prctl.h>

#include "config/settings.h"
#include "daemon/app.h"
#include "daemon/log.h"
#include "year/shared_clock.h"

int main(int count, char** arguments) {
  using namespace postrider;
  if (count != 3) return 2;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that fails leaves no daemon behind
  auto settings = config::load_settings(arguments[1]);
  if (!settings) {
    for (const auto& fault : settings.error()) std::cerr << to_string(fault) << "\n";
    return 1;
  }
  daemon::set_up_log(settings->log.level);
  const year::SharedClock clock(arguments[2]);
  const auto app = daemon::App::open(std::move(*settings), clock,
                                     {.look_every = std::chrono::milliseconds(4), .built = {}});
  if (!app) {
    std::cerr << app.error().message << "\n";
    return 1;
  }
  const auto ended = (*app)->run();
  if (!ended) std::cerr << ended.error().message << "\n";
  return ended ? 0 : 1;
}
