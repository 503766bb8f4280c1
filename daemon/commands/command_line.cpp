#include "daemon/commands/command_line.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "base/text.h"
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
  } catch (const std::filesystem::filesystem_error& error) {
    std::cerr << "postrider: " << printable(error.path1().string())
              << ": cannot be used: " << error.code().message() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "postrider: " << error.what() << "\n";
  }
  return refused;
}

/// "postrider issue"
std::string full_name(const CLI::App& app) {
  return (app.get_parent() ? full_name(*app.get_parent()) + " " : "") + app.get_name();
}

/// The command that the arguments lead to, as far as their words are known.
const CLI::App& deepest(const CLI::App& app) {
  const auto taken = app.get_subcommands();
  return taken.empty() ? app : deepest(*taken.front());
}

/// The first word that is no option; empty: there is none.
std::string stray_word(const CLI::App& app) {
  for (const auto& word : app.remaining(true))
    if (!word.starts_with('-')) return word;
  return {};
}

std::string missing_command(const CLI::App& app) {
  const auto word = stray_word(app);
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(command->get_name());
  const auto all = join(known, ", ");
  const auto near = nearest(word, known);
  const auto after = full_name(app);
  if (word.empty() && app.remaining_size(true) > 0)
    return "there is no option " + printable(app.remaining(true).front()) + " of `" + after + "`";
  if (word.empty()) return "what comes after `" + after + "` is missing: one of " + all;
  return "there is no `" + after + " " + printable(word) + "`; " +
         (near.empty() ? "there are: " + all : "did you mean `" + after + " " + near + "`?");
}

/// CLI11's "Could not convert: IMPORT = x". Text always converts, so a number was wanted.
std::string no_number(std::string_view error) {
  const auto name = error.find(": "), value = error.find(" = ");
  if (name == std::string_view::npos || value == std::string_view::npos || value < name)
    return printable(error);
  return std::string(error.substr(name + 2, value - name - 2)) + " is a number; '" +
         printable(error.substr(value + 3)) + "' is none";
}

/// Wrong usage in two lines: what is wrong, and where to read on.
std::string wrong_usage_message(const CLI::App* app, const CLI::Error& error) {
  const auto& reached = deepest(*app);
  const bool incomplete = !reached.get_subcommands([](const CLI::App*) { return true; }).empty();
  const bool names_word = incomplete && error.get_name() == "RequiredError";
  const auto what = names_word                              ? missing_command(reached)
                    : error.get_name() == "ConversionError" ? no_number(error.what())
                                                            : printable(error.what());
  return "postrider: " + what + "\n`" + full_name(reached) + " --help` tells how it is used.\n";
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
  app.failure_message(wrong_usage_message);
  Common common;
  Command command;
  for (const auto add : {add_init,       add_drafts,      add_run,    add_status,  add_issue,
                         add_approve,    add_schedule,    add_stats,  add_events,  add_why,
                         add_subscriber, add_suppression, add_bounce, add_sign_up, add_segment,
                         add_token,      add_dkim,        add_claim,  add_backup,  add_maintain})
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
