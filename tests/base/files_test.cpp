#include "base/files.h"

#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "support/variable.h"

using namespace postrider;

namespace {

std::string refusal(const Result<std::string>& secret) {
  return secret ? "" : secret.error().message;
}

}  // namespace

TEST_CASE("a secret is its owner's alone") {
  const test::TemporaryFolder folder;
  CHECK(read_secret(folder.write("key", "secret\r\n\n", 0600)).value() == "secret");
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0644})
    CHECK(refusal(read_secret(folder.write("key", "secret", mode))).find("chmod 600") !=
          std::string::npos);
  CHECK(refusal(read_secret(folder.path())).find("no regular file") != std::string::npos);
}

TEST_CASE("a credential of systemd stands in for the file of its name") {
  const test::TemporaryFolder folder, credentials;
  const auto file = folder.write("key", "from the file", 0600);
  const test::Variable variable("CREDENTIALS_DIRECTORY", credentials.path().string());
  CHECK(read_secret(file).value() == "from the file");
  const auto credential = credentials.write("key", "handed out", 0440);
  CHECK(find_secret(file) == credential);
  CHECK(read_secret(file).value() == "handed out");
  credentials.write("key", "handed out", 0444);
  CHECK(refusal(read_secret(file)).find(credential.string() + ": others may read") == 0);
}

TEST_CASE("a file is made once and never replaced") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "new";
  CHECK(create_file(file, "first", 0600));
  CHECK_FALSE(create_file(file, "second", 0600));
  CHECK(read_secret(file).value() == "first");
  write_file(file, "third", 0600);
  CHECK(read_secret(file).value() == "third");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK_THROWS_AS(create_file(folder.path() / "none" / "new", "x"),
                  std::filesystem::filesystem_error);
}
