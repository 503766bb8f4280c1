// postrider suppression …: the addresses that are not to be mailed, by the operator's hand.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "mail/address.h"
#include "store/suppressions.h"

namespace postrider::daemon::commands {

namespace {

using subscribers::Suppression;
using subscribers::SuppressionReason;

struct Arguments {
  std::string email;
  std::string reason = "asked";
  bool json = false;
};

mail::Address address_of(const Arguments& args) {
  return value_of(mail::parse_address(args.email));
}

SuppressionReason reason_of(const Arguments& args) {
  const auto reason = subscribers::parse_suppression_reason(args.reason);
  if (reason == SuppressionReason::erased)
    throw Refusal("--reason erased: `postrider subscriber erase` does that");
  if (!reason)
    throw Refusal("--reason " + printable(args.reason) + ": write bounced, complained or asked");
  return *reason;
}

/// Written as it is read: it may be larger than memory.
int list(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  std::int64_t count = 0;
  if (args.json) std::cout << "[";
  store::each_suppression(*newsletter.database, [&](const Suppression& suppression) {
    const bool first = ++count == 1;
    const auto email = printable(suppression.email);
    if (args.json)
      std::cout << (first ? "\n" : ",\n")
                << Json{{"email", email},
                        {"reason", to_string(suppression.reason)},
                        {"at", rfc3339(suppression.at)}};
    else
      std::cout << padded(email, 40) << "  " << padded(to_string(suppression.reason), 10) << "  "
                << newsletter.time(suppression.at) << "\n";
  });
  if (args.json)
    std::cout << "\n]\n";
  else
    std::cerr << counted(count, "suppressed address") << "\n";
  return done;
}

int add(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto address = address_of(args);
  const auto reason = reason_of(args);
  const bool is_new =
      newsletter.ledger.suppress(address, reason, "operator", newsletter.clock.now());
  const auto kept = store::find_suppression(*newsletter.database, address);
  std::cout << address.str()
            << (is_new || !kept
                    ? " is suppressed: nothing is mailed to it any more"
                    : " was suppressed already (" + std::string(to_string(kept->reason)) + ", " +
                          newsletter.time(kept->at) + "); nothing changed")
            << ".\n";
  return done;
}

int remove(const Common& common, const Arguments& args) {
  Newsletter newsletter(common);
  const auto address = address_of(args);
  if (!store::remove_suppression(*newsletter.database, address, "operator", newsletter.clock.now()))
    throw Refusal(address.str() +
                  " is not suppressed; `postrider suppression list` shows those who are");
  std::cout << address.str() << " is no longer suppressed. Nobody is subscribed by that.\n";
  return done;
}

}  // namespace

void add_suppression(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<Arguments>();
  auto* suppression =
      app.add_subcommand("suppression", "Addresses not to be mailed, whatever they subscribed to");
  suppression->require_subcommand(1);
  using Work = int (*)(const Common&, const Arguments&);
  const auto add_command = [&](const std::string& name, const std::string& text, Work work) {
    auto* added = suppression->add_subcommand(name, text);
    added->callback([&command, &common, args, work] {
      command = [&common, args, work] { return work(common, *args); };
    });
    return added;
  };
  add_command("list", "All of them, with reason and time", list)
      ->add_flag("--json", args->json, "One JSON document instead of text");
  auto* one = add_command("add", "Suppresses an address; what waits for it is cancelled", add);
  one->add_option("EMAIL", args->email, "The address")->required();
  one->add_option("--reason", args->reason, "Why: bounced, complained or asked (the default)")
      ->type_name("REASON");
  add_command("remove", "Takes an address off the list; it is not subscribed by that", remove)
      ->add_option("EMAIL", args->email, "The address")
      ->required();
}

}  // namespace postrider::daemon::commands
