// postrider token: the key that signs links.
#include "base/token.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "daemon/commands/command.h"

namespace postrider::daemon::commands {

namespace {

int rotate(const Common& common) {
  const Newsletter newsletter(common);
  require_token_keys(newsletter.settings);
  const auto id = value_of(TokenKeys::rotate(newsletter.settings.storage.secrets));
  std::cout << "Made key " << id << " in "
            << (newsletter.settings.storage.secrets / "token.keys").string()
            << "; links that were signed with older keys go on working.\n";
  if (newsletter.daemon_runs())
    std::cout << "The running daemon signs with it from its next reload on: systemctl reload "
                 "postrider, or SIGHUP.\n";
  return done;
}

}  // namespace

void add_token(CLI::App& app, Common& common, Command& command) {
  auto* token = app.add_subcommand("token", "The key that signs the links in mails");
  token->require_subcommand(1);
  token->add_subcommand("rotate", "A new token key; links in mails already sent go on working")
      ->callback([&common, &command] { command = [&common] { return rotate(common); }; });
}

}  // namespace postrider::daemon::commands
