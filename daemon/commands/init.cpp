// postrider init DIR: a newsletter's folder, ready to run without an account or a server.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "base/files.h"
#include "base/text.h"
#include "base/token.h"
#include "config/settings.h"
#include "daemon/commands/command.h"
#include "mail/dkim.h"

namespace postrider {
std::string_view sample_draft_file(std::string_view name);
}

namespace postrider::daemon::commands {

namespace fs = std::filesystem;

namespace {

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Refusal(printable(folder.string()) + ": cannot be made: " + error.message() +
                  "; name a folder that you may write");
}

int init(const fs::path& folder) {
  if (folder.empty()) throw Refusal("DIR is empty; name the folder to make");
  const auto settings_file = folder / "postrider.toml";
  if (fs::exists(settings_file))
    throw Refusal(settings_file.string() + " is there already; nothing was changed");
  for (const auto* name : {"drafts", "theme", "secrets"}) make_folder(folder / name);
  fs::permissions(folder / "secrets", fs::perms::owner_all);
  value_of(TokenKeys::load_or_create(folder / "secrets"));
  if (const auto key = folder / "secrets" / "dkim-postrider.pem"; !fs::exists(key))
    write_file(key, mail::generate_dkim_key(mail::DkimAlgorithm::rsa_sha256), 0600);
  if (const auto draft = folder / "drafts" / "welcome.md"; !fs::exists(draft))
    write_file(draft, sample_draft_file("sample/welcome.md"));
  // Last, so that a folder with settings is a whole one.
  write_file(settings_file, config::sample_settings());
  std::cout << "Made a newsletter in " << folder.string() << ":\n"
            << "  postrider.toml     the settings; every key is explained in it\n"
            << "  drafts/welcome.md  a sample issue that tells how drafts are written\n"
            << "Next:\n"
            << "  cd " << folder.string() << "\n"
            << "  postrider preview drafts/welcome.md --output preview\n"
            << "  postrider subscriber add you@example.org\n"
            << "  postrider run\n";
  return done;
}

}  // namespace

void add_init(CLI::App& app, Common&, Command& command) {
  auto* init_command = app.add_subcommand(
      "init", "Makes a newsletter's folder, ready to run without an account, DNS or a server");
  auto folder = std::make_shared<std::string>();
  init_command->add_option("DIR", *folder, "The folder to make")->required();
  init_command->callback([folder, &command] { command = [folder] { return init(*folder); }; });
}

}  // namespace postrider::daemon::commands
