// postrider dkim: keys for signing, and the DNS records that publish them.
#include "mail/dkim.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "base/files.h"
#include "daemon/commands/command.h"
#include "daemon/dkim_keys.h"

namespace postrider::daemon::commands {

namespace {

void demand_domain(const config::Settings& settings) {
  if (settings.dkim.domain.empty())
    throw Refusal(settings.file.string() +
                  ": dkim.domain: is missing; write the domain of publication.from there");
}

void print_record(const config::Settings& settings, const std::string& selector) {
  const auto pem = value_of(read_dkim_key(settings, selector));
  const auto record = mail::dkim_record(pem, settings.dkim.domain, selector);
  if (!record) throw Refusal(bad_dkim_key(settings, selector, record.error().message));
  std::cout << *record << "\n";
}

int generate(const Common& common, bool ed25519) {
  const auto settings = load(common);
  demand_domain(settings);
  const auto& selector = ed25519 ? settings.dkim.ed25519_selector : settings.dkim.selector;
  if (selector.empty())
    throw Refusal(settings.file.string() + ": dkim." +
                  (ed25519 ? "ed25519_selector: is empty; write a name such as \"postrider-ed\""
                           : "selector: is empty; write a name such as \"postrider\""));
  const auto file = dkim_key_file(settings, selector);
  if (std::filesystem::exists(file)) {
    // Never replaced: mails on their way are signed with it.
    std::cerr << file.string()
              << " is there already and stays as it is; for a new key choose a new "
              << "selector. Its record:\n";
  } else {
    std::filesystem::create_directories(settings.storage.secrets);
    std::filesystem::permissions(settings.storage.secrets, std::filesystem::perms::owner_all);
    write_file(file,
               mail::generate_dkim_key(ed25519 ? mail::DkimAlgorithm::ed25519_sha256
                                               : mail::DkimAlgorithm::rsa_sha256),
               0600);
    std::cerr << "Made " << file.string() << ". Publish this record:\n";
  }
  print_record(settings, selector);
  return done;
}

int show(const Common& common) {
  const auto settings = load(common);
  demand_domain(settings);
  for (const auto& selector : {settings.dkim.selector, settings.dkim.ed25519_selector})
    if (!selector.empty()) print_record(settings, selector);
  return done;
}

}  // namespace

void add_dkim(CLI::App& app, Common& common, Command& command) {
  auto* dkim = app.add_subcommand("dkim", "Keys that sign the mails, and their DNS records");
  dkim->require_subcommand(1);
  const auto ed25519 = std::make_shared<bool>(false);
  auto* generate_command =
      dkim->add_subcommand("generate", "Makes the key of the settings' selector, mode 0600");
  generate_command->add_flag("--ed25519", *ed25519, "The second key, of ed25519_selector");
  generate_command->callback([ed25519, &common, &command] {
    command = [ed25519, &common] { return generate(common, *ed25519); };
  });
  dkim->add_subcommand("show", "The DNS records to publish, one zone-file line each")
      ->callback([&common, &command] { command = [&common] { return show(common); }; });
}

}  // namespace postrider::daemon::commands
