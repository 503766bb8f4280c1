// postrider subscriber erase: a person's data removed, down to the octets on the disk.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <thread>
#include <unistd.h>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "mail/address.h"
#include "store/erasure.h"
#include "store/traces.h"

namespace postrider::daemon::commands {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;  // with readers who hold the log
constexpr auto look_again = 100ms;

struct EraseArguments {
  std::string email;
  bool yes = false;
};

void ask(const std::string& email) {
  if (::isatty(STDIN_FILENO) != 1)
    throw Refusal("erasing cannot be taken back; say --yes to erase " + email);
  std::cerr << "Erase " << email << " and all that is known of it? It cannot be taken back. [y/N] "
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (to_lower(trim(answer)) != "y" && to_lower(trim(answer)) != "yes")
    throw Refusal("nothing was erased");
}

/// True: nothing of it is in the database's files any more.
bool leave_no_trace(store::Database& database) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (store::remove_traces(database)) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(look_again);
  }
}

int erase(const Common& common, const EraseArguments& args) {
  Newsletter newsletter(common);
  const auto address = value_of(mail::parse_address(args.email));
  const auto email = address.str();
  const auto& keys = newsletter.erased_keys();
  if (!args.yes) ask(email);
  auto& database = *newsletter.database;
  const auto erasure = store::erase(database, keys, address, "operator", newsletter.clock.now(),
                                    store::look_ahead(database, address));
  std::cout << email
            << (erasure.subscriber ? " is erased"
                : erasure.known    ? " was erased before"
                                   : " was no subscriber")
            << "; only a keyed hash is kept, so that no import brings it back.\n";
  if (!leave_no_trace(database))
    throw Refusal(
        "another program is reading the database (an export, a backup?), so that older copies are "
        "still in its files; they go as soon as it has ended and `postrider subscriber erase " +
        email + " --yes` is given again");
  return done;
}

}  // namespace

void add_erase(CLI::App& subscriber, Common& common, Command& command) {
  const auto args = std::make_shared<EraseArguments>();
  auto* added = subscriber.add_subcommand(
      "erase", "Removes a person everywhere; only a keyed hash of the address is kept");
  added->add_option("EMAIL", args->email, "The address, of a subscriber or not")->required();
  added->add_flag("--yes", args->yes, "Does not ask");
  added->callback(
      [&common, &command, args] { command = [&common, args] { return erase(common, *args); }; });
}

}  // namespace postrider::daemon::commands
