// postrider suppression …: the addresses that are not to be mailed, by the operator's hand.
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/text.h"
#include "daemon/check_keys.h"
#include "daemon/commands/command.h"
#include "daemon/commands/output.h"
#include "daemon/commands/reader.h"
#include "mail/address.h"
#include "store/erased.h"
#include "store/suppressions.h"

namespace postrider::daemon::commands {

namespace {

using subscribers::Suppression;
using subscribers::SuppressionReason;

struct SuppressionArguments {
  std::string email;
  std::string reason = "asked";
  bool json = false;
};

mail::Address address_of(const SuppressionArguments& args) {
  return value_of(mail::parse_address(args.email));
}

SuppressionReason reason_of(const SuppressionArguments& args) {
  const auto reason = subscribers::parse_suppression_reason(args.reason);
  if (reason == SuppressionReason::erased)
    throw Refusal("--reason erased: `postrider subscriber erase` does that");
  if (!reason)
    throw Refusal("--reason " + printable(args.reason) + ": write bounced, complained or asked");
  return *reason;
}

/// Written as it is read: it may be larger than memory. Of erased ones there is no address.
void list_as_json(store::Database& database, const std::optional<Fingerprints>& keys) {
  bool first = true;
  const auto add = [&first](const Json& email, SuppressionReason reason, Instant at, bool usable) {
    std::cout << (std::exchange(first, false) ? "\n" : ",\n")
              << Json{{"email", email},
                      {"reason", to_string(reason)},
                      {"at", rfc3339(at)},
                      {"usable", usable}};
  };
  std::cout << "[";
  store::each_suppression(database, [&](const Suppression& suppression) {
    add(printable(suppression.email), suppression.reason, suppression.at, true);
  });
  store::each_erased(database, [&](const store::ErasedHash& hash) {
    add(nullptr, SuppressionReason::erased, hash.at, keys && keys->has_key(hash.fingerprint.key));
  });
  std::cout << "\n]\n";
}

/// What no list can show.
void tell_erased(store::Database& database, const std::optional<Fingerprints>& keys,
                 std::int64_t suppressed) {
  const auto erased = store::count_erased(database);
  std::cerr << with_thousands(suppressed) << " suppressed, and " << with_thousands(erased)
            << " erased, of which no address is kept\n";
  const auto unusable = keys ? store::count_unusable(database, *keys) : erased;
  if (unusable > 0)
    std::cerr << "of them " << with_thousands(unusable)
              << " unusable: their token key is missing, so that imports cannot tell those "
                 "addresses\n";
}

int list(const Common& common, const SuppressionArguments& args) {
  Newsletter newsletter(common);
  auto& database = *newsletter.database;
  std::optional<Fingerprints> keys;
  if (store::any_erased(database)) keys = value_of(existing_erased_keys(newsletter.settings));
  if (args.json) {
    list_as_json(database, keys);
    return done;
  }
  std::int64_t count = 0;
  store::each_suppression(database, [&](const Suppression& suppression) {
    if (count++ == 0)
      std::cout << coloured(padded("EMAIL", 40) + "  " + padded("REASON", 10) + "  TIME", "1")
                << "\n";
    std::cout << padded(printable(suppression.email), 40) << "  "
              << padded(to_string(suppression.reason), 10) << "  "
              << newsletter.time(suppression.at) << "\n";
  });
  tell_erased(database, keys, count);
  return done;
}

/// The event does not say who: nothing else is to know that address again.
void allow_again(Newsletter& newsletter, const mail::Address& address) {
  auto& database = *newsletter.database;
  database.transact([&] {
    store::ErasedAddresses(database, newsletter.erased_keys()).forget(address.canonical());
    newsletter.ledger.note_event("suppression.removed", "erased", "operator",
                                 newsletter.clock.now());
  });
}

int add(const Common& common, const SuppressionArguments& args) {
  Newsletter newsletter(common);
  const auto address = address_of(args);
  const auto reason = reason_of(args);
  if (is_erased(newsletter, address))
    throw Refusal(address.str() + " was erased, and stays out as it is");
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

int remove(const Common& common, const SuppressionArguments& args) {
  Newsletter newsletter(common);
  const auto address = address_of(args);
  auto& database = *newsletter.database;
  const bool lifted =
      store::remove_suppression(database, address, "operator", newsletter.clock.now());
  if (!lifted && store::any_erased(database)) newsletter.erased_keys();  // nothing else tells
  const bool erased = is_erased(newsletter, address);
  if (erased) allow_again(newsletter, address);
  if (!lifted && !erased)
    throw Refusal(address.str() +
                  " is not suppressed; `postrider suppression list` shows those who are");
  std::cout << address.str() << (erased ? " may be added again" : " is no longer suppressed")
            << ". Nobody is subscribed by that.\n";
  return done;
}

}  // namespace

void add_suppression(CLI::App& app, Common& common, Command& command) {
  const auto args = std::make_shared<SuppressionArguments>();
  auto* suppression =
      app.add_subcommand("suppression", "Addresses not to be mailed, whatever they subscribed to");
  suppression->require_subcommand(1);
  using Work = int (*)(const Common&, const SuppressionArguments&);
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
