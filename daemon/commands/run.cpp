// postrider run: the daemon, in the foreground.
#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include "daemon/app.h"
#include "daemon/commands/command.h"
#include "daemon/log.h"

namespace postrider::daemon::commands {

namespace {

int run(const Common& common) {
  auto settings = load(common);
  set_up_log(settings.log.level);
  for (const auto& warning : settings.warnings) spdlog::warn("{}", to_string(warning));
  const SystemClock clock;
  const auto app = value_of(App::open(std::move(settings), clock));
  value_of(app->run());
  return done;
}

}  // namespace

void add_run(CLI::App& app, Common& common, Command& command) {
  app.add_subcommand("run",
                     "The daemon, in the foreground: watches the drafts, sends, serves pages; "
                     "SIGTERM ends it cleanly, SIGHUP reloads the settings")
      ->callback([&] { command = [&] { return run(common); }; });
}

}  // namespace postrider::daemon::commands
