#include "daemon/commands/command_line.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "daemon/commands/command.h"

namespace postrider::daemon::commands {

namespace {

constexpr int wrong_usage = 2;

/// Standard output that takes no more. Quiet where its reader has seen enough (`| head`).
int output_is_lost(int error) {
  std::cout.exceptions(std::ios::goodbit);  // cerr is tied to it
  if (error != EPIPE)
    std::cerr << "postrider: standard output cannot be written: " << std::strerror(error)
              << "; what the command was to change is changed all the same\n";
  return refused;
}

/// While it lives, output that cannot be written throws std::ios_base::failure.
struct StrictOutput {
  StrictOutput() { std::cout.exceptions(std::ios::badbit); }
  ~StrictOutput() { std::cout.exceptions(std::ios::goodbit); }
  StrictOutput(const StrictOutput&) = delete;
  StrictOutput& operator=(const StrictOutput&) = delete;
};

/// What `work` returns, once all its output is written.
int with_output(const Command& work) {
  const StrictOutput strict;
  try {
    const int status = work();
    std::cout.flush();
    return status;
  } catch (const std::ios_base::failure&) {
    return output_is_lost(errno);
  }
}

int carry_out(const Command& command) {
  try {
    return with_output(command);
  } catch (const Refusal& refusal) {
    std::cerr << "postrider: " << refusal.what() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "postrider: " << error.what() << "\n";
  }
  return refused;
}

/// --config may stand before or after any word of the command.
void add_config(CLI::App& app, Common& common) {
  app.add_option("--config", common.config,
                 "Settings file; otherwise $POSTRIDER_CONFIG, ./postrider.toml, "
                 "/etc/postrider/postrider.toml")
      ->type_name("FILE");
  for (auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (command->get_name() != "init") add_config(*command, common);
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app(
      "Postrider publishes a folder of drafts as a newsletter: each issue to every "
      "subscriber's mailbox, and a ledger that proves it.",
      "postrider");
  app.set_version_flag("--version", "postrider " POSTRIDER_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  Common common;
  Command command;
  for (const auto add :
       {add_init, add_drafts, add_run, add_status, add_issue, add_why, add_subscriber, add_dkim})
    add(app, common, command);
  add_config(app, common);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return carry_out([&] { return app.exit(error) == 0 ? done : wrong_usage; });
  }
  return carry_out(command);
}

}  // namespace postrider::daemon::commands
