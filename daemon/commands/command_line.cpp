#include "daemon/commands/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "daemon/commands/command.h"

namespace postrider::daemon::commands {

namespace {

constexpr int wrong_usage = 2;

int carry_out(const Command& command) {
  try {
    return command();
  } catch (const Refusal& refusal) {
    std::cerr << "postrider: " << refusal.what() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "postrider: " << error.what() << "\n";
  }
  return refused;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app(
      "Postrider publishes a folder of drafts as a newsletter: each issue to every "
      "subscriber's mailbox, and a ledger that proves it.",
      "postrider");
  app.set_version_flag("--version", "postrider " POSTRIDER_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(CLI::FailureMessage::simple);
  Common common;
  app.add_option("--config", common.config,
                 "Settings file; otherwise $POSTRIDER_CONFIG, ./postrider.toml, "
                 "/etc/postrider/postrider.toml")
      ->type_name("FILE");
  Command command;
  for (const auto add :
       {add_init, add_drafts, add_run, add_status, add_issue, add_why, add_subscriber, add_dkim})
    add(app, common, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? done : wrong_usage;
  }
  return carry_out(command);
}

}  // namespace postrider::daemon::commands
