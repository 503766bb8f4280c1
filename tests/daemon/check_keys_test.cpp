#include "daemon/check_keys.h"

#include <doctest/doctest.h>

#include "base/files.h"
#include "support/certificate.h"
#include "support/temporary_folder.h"

using namespace postrider;

namespace {

struct KeyGround {
  test::TemporaryFolder folder;
  config::Settings settings;

  KeyGround() {
    settings.file = folder.path() / "postrider.toml";
    settings.storage.secrets = folder.path();
    write_file(settings.file, "[storage]\nsecrets = \".\"\n\n[http]\n");
  }

  std::string at(const std::string& name) const { return (folder.path() / name).string(); }

  /// The only fault, if there is one.
  std::string fault() const {
    const auto faults = daemon::check_keys(settings);
    REQUIRE(faults.size() <= 1);
    return faults.empty() ? "" : to_string(faults.front());
  }
};

}  // namespace

TEST_CASE("token keys that are not there yet are no fault and are not made") {
  const KeyGround ground;
  CHECK(ground.fault() == "");
  CHECK(!daemon::existing_erased_keys(ground.settings).value());
  CHECK(!std::filesystem::exists(ground.at("token.keys")));
}

TEST_CASE("token keys that the daemon would not take are told with the cure") {
  const KeyGround ground;
  write_file(ground.at("token.keys"), "garbage", 0600);
  CHECK(ground.fault().starts_with(ground.at("postrider.toml") + ":1: storage.secrets: " +
                                   ground.at("token.keys") + ":1: is no token key"));
  write_file(ground.at("token.keys"), "1 " + std::string(64, 'a') + "\n", 0644);
  CHECK(ground.fault() ==
        ground.at("postrider.toml") + ":1: storage.secrets: " + ground.at("token.keys") +
            ": others may read this secret; run: chmod 600 " + ground.at("token.keys"));
  write_file(ground.at("token.keys"), "1 " + std::string(64, 'a') + "\n", 0600);
  CHECK(ground.fault() == "");
}

TEST_CASE("without the folder no token key can be made") {
  KeyGround ground;
  ground.settings.storage.secrets = ground.at("secrets");
  CHECK(ground.fault() == ground.at("postrider.toml") +
                              ":1: storage.secrets: " + ground.at("secrets") +
                              ": is no folder, so that token.keys cannot be made in it; run: "
                              "mkdir -m 700 " +
                              ground.at("secrets"));
}

TEST_CASE("a certificate or key that the daemon would not take is told with its line") {
  KeyGround ground;
  ground.settings.http.certificate = ground.at("cert.pem");
  ground.settings.http.key = ground.at("key.pem");
  const auto line = ground.at("postrider.toml") + ":4: ";
  CHECK(ground.fault() == line + "http.certificate: " + ground.at("cert.pem") +
                              ": cannot be read: No such file or directory");
  write_file(ground.at("cert.pem"), "garbage");
  CHECK(ground.fault().starts_with(line + "http.certificate: " + ground.at("cert.pem") +
                                   ": has no certificate in it"));
  write_file(ground.at("cert.pem"), test::certificate);
  CHECK(ground.fault() ==
        line + "http.key: " + ground.at("key.pem") + ": cannot be read: No such file or directory");
  write_file(ground.at("key.pem"), "garbage", 0644);
  CHECK(ground.fault() == line + "http.key: " + ground.at("key.pem") +
                              ": others may read this secret; run: chmod 600 " +
                              ground.at("key.pem"));
  write_file(ground.at("key.pem"), "garbage", 0600);
  CHECK(ground.fault().starts_with(line + "http.key: " + ground.at("key.pem") + ": is no key"));
}

TEST_CASE("a Maildir that cannot be looked into is a warning") {
  const KeyGround ground;
  auto settings = ground.settings;
  CHECK(daemon::check_maildir(settings).empty());
  settings.bounces.mailbox = config::Mailbox{};
  settings.bounces.mailbox->kind = config::MailboxKind::maildir;
  settings.bounces.mailbox->directory = ground.at("returned");
  const auto warnings = daemon::check_maildir(settings);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].severity == Severity::warning);
  CHECK(warnings[0].where == "bounces.mailbox");
  CHECK(warnings[0].message.starts_with(ground.at("returned/new") + " cannot be opened: No such"));
  std::filesystem::create_directories(ground.at("returned/new"));
  std::filesystem::create_directories(ground.at("returned/cur"));
  CHECK(daemon::check_maildir(settings).empty());
}
