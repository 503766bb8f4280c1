// postrider sign-up …: those who signed up by themselves and wait for an operator.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "store/sign_up_limits.h"
#include "store/sign_ups.h"

namespace postrider::daemon::commands {

namespace {

struct SignUpArguments {
  std::string email, list;
  bool json = false;
};

mail::Address address_of(const SignUpArguments& args) {
  return value_of(mail::parse_address(args.email));
}

int list(const Common& common, const SignUpArguments& args) {
  Newsletter newsletter(common);
  const auto held = store::SignUps(*newsletter.database).held();
  const auto stopped = store::stopped_lists(*newsletter.database);
  if (args.json) {
    Json document{{"held", Json::array()}, {"stopped", Json::array()}};
    for (const auto& one : held)
      document["held"].push_back({{"email", one.email},
                                  {"lists", one.lists},
                                  {"reason", one.reason},
                                  {"at", rfc3339(one.at)}});
    for (const auto& one : stopped)
      document["stopped"].push_back({{"list", one.list}, {"since", rfc3339(one.since)}});
    print_json(document);
    return done;
  }
  for (const auto& one : stopped)
    std::cout << "Sign-ups to " << one.list << " are stopped since " << newsletter.time(one.since)
              << "; `postrider sign-up resume " << one.list << "` lets them go on.\n";
  Table table({{"EMAIL"}, {"LISTS"}, {"REASON"}, {"TIME"}});
  for (const auto& one : held)
    table.add({one.email, join(one.lists, ", "), one.reason, newsletter.time(one.at)});
  table.print();
  if (held.empty()) std::cout << "No sign-up waits for you.\n";
  return done;
}

int admit(const Common& common, const SignUpArguments& args) {
  Newsletter newsletter(common);
  const auto address = address_of(args);
  value_of(store::SignUps(*newsletter.database).admit(address, newsletter.clock.now()));
  std::cout << address.str() << " is asked by a mail to confirm it.\n";
  return done;
}

int drop(const Common& common, const SignUpArguments& args) {
  Newsletter newsletter(common);
  const auto address = address_of(args);
  value_of(store::SignUps(*newsletter.database).drop(address, newsletter.clock.now()));
  std::cout << "The sign-up of " << address.str() << " is forgotten.\n";
  return done;
}

int resume(const Common& common, const SignUpArguments& args) {
  Newsletter newsletter(common);
  const auto& key = newsletter.list(args.list, "behind `sign-up resume`").key;
  const auto asked =
      value_of(store::SignUps(*newsletter.database).resume(key, newsletter.clock.now()));
  std::cout << "Sign-ups to " << key << " go on; " << counted(asked, "reader")
            << " who waited for that " << (asked == 1 ? "is" : "are") << " asked now.\n";
  return done;
}

}  // namespace

void add_sign_up(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<SignUpArguments>();
  auto* sign_up = app.add_subcommand(
      "sign-up", "Sign-ups that wait for you: role addresses, traps, too many at a time");
  sign_up->require_subcommand(1);
  using Work = int (*)(const Common&, const SignUpArguments&);
  const auto add_command = [&](const std::string& name, const std::string& text, Work work) {
    auto* added = sign_up->add_subcommand(name, text);
    added->callback([&command, &common, args, work] {
      command = [&common, args, work] { return work(common, *args); };
    });
    return added;
  };
  add_command("list", "Those that are held, with the reason, and lists that are stopped", list)
      ->add_flag("--json", args->json, "One JSON document instead of text");
  add_command("admit", "Asks the reader of a held sign-up to confirm it", admit)
      ->add_option("EMAIL", args->email, "The address")
      ->required();
  add_command("drop", "Forgets a held sign-up", drop)
      ->add_option("EMAIL", args->email, "The address")
      ->required();
  add_command("resume", "Lets sign-ups go on that had become too many", resume)
      ->add_option("LIST", args->list, "The list; the only one by default");
}

}  // namespace postrider::daemon::commands
