#include "daemon/dkim_keys.h"

#include <doctest/doctest.h>

#include "base/files.h"
#include "daemon/mailroom.h"
#include "support/temporary_folder.h"

using namespace postrider;

namespace {

struct KeyFolder {
  test::TemporaryFolder folder;
  config::Settings settings;

  KeyFolder() {
    settings.storage.secrets = folder.path();
    settings.dkim = {.domain = "report.example", .selector = "one", .ed25519_selector = "two"};
  }

  /// What is wrong with the keys, without the folder.
  std::string fault() {
    const auto signers = daemon::load_signers(settings);
    return signers ? "" : signers.error().message.substr(folder.path().string().size() + 1);
  }
};

}  // namespace

TEST_CASE("a missing key is made by the command of its own kind") {
  KeyFolder keys;
  CHECK(keys.fault() ==
        "dkim-one.pem: is missing; `postrider dkim generate` makes a key, or leave dkim.domain "
        "empty");
  keys.settings.dkim.selector = "";
  CHECK(keys.fault() ==
        "dkim-two.pem: is missing; `postrider dkim generate --ed25519` makes a key, or leave "
        "dkim.ed25519_selector empty");
}

TEST_CASE("a key that is none has to be moved away first") {
  KeyFolder keys;
  write_file(keys.folder.path() / "dkim-one.pem", "garbage", 0600);
  CHECK(keys.fault() ==
        "dkim-one.pem: is no private key in PEM; move it away, then `postrider dkim generate` "
        "makes another");
}

TEST_CASE("a key that others may read has one cure") {
  KeyFolder keys;
  const auto file = keys.folder.path() / "dkim-one.pem";
  write_file(file, "garbage", 0644);
  CHECK(keys.fault() ==
        "dkim-one.pem: others may read this secret; run: chmod 600 " + file.string());
}
