#include "daemon/mailbox/maildir.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>

#include "daemon/mailbox/reading.h"
#include "support/stop.h"
#include "support/temporary_folder.h"

using namespace postrider;
using namespace postrider::daemon::mailbox;
using test::fetch;
using test::fetched;
using test::has;
using test::Ids;
using test::trouble;
namespace fs = std::filesystem;

namespace {

struct Folder : test::TemporaryFolder {
  Folder() {
    for (const auto* name : {"new", "cur", "tmp"}) fs::create_directory(path() / name);
  }
  std::unique_ptr<Mailbox> open(std::stop_token stop = {}) const {
    return make_maildir(path(), std::move(stop));
  }
  bool has_file(const std::string& name) const { return fs::exists(path() / name); }
};

}  // namespace

TEST_CASE("a Maildir gives what is in new and cur, oldest first, and leaves it there") {
  const Folder folder;
  folder.write("new/1700000003.M1P1.host", "three\n");
  folder.write("cur/1700000001.M1P1.host:2,S", "one\n");
  folder.write("cur/1700000002.M2P1.host,S=4:2,", "two\n");
  folder.write("cur/999999999.old", "ancient\n");
  folder.write("tmp/1700000000.M1P1.host", "half");
  folder.write("cur/.hidden", "no mail");
  folder.write("subscriptions", "no mail");
  const auto mailbox = folder.open();
  const auto all = fetched(*mailbox);
  CHECK(test::ids_of(all) == Ids{"999999999.old", "1700000001.M1P1.host",
                                 "1700000002.M2P1.host,S=4", "1700000003.M1P1.host"});
  CHECK(all[1].bytes == "one\n");
  CHECK(mailbox->waiting() == 4);
  CHECK(fetch(*mailbox, 1, {"999999999.old"}) == Ids{"1700000001.M1P1.host"});
  CHECK(folder.has_file("new/1700000003.M1P1.host"));
}

TEST_CASE("only what is named is removed from a Maildir, whatever its flags are by now") {
  const Folder folder;
  folder.write("new/1.a", "one");
  folder.write("cur/2.b:2,RS", "two");
  folder.write("cur/2.bb:2,", "other");
  folder.write("elsewhere", "stays");
  const auto mailbox = folder.open();
  CHECK(mailbox->remove({"1.a", "2.b", "3.gone", "../elsewhere", "..", ""}).has_value());
  CHECK(!folder.has_file("new/1.a"));
  CHECK(!folder.has_file("cur/2.b:2,RS"));
  CHECK(folder.has_file("cur/2.bb:2,"));
  CHECK(folder.has_file("elsewhere"));
  CHECK(mailbox->remove({"1.a"}).has_value());
}

TEST_CASE("odd files in a Maildir are neither read nor followed") {
  const Folder folder;
  const auto secret = folder.write("secret", "root's own");
  fs::create_symlink(secret, folder.path() / "new/1.link");
  fs::create_directory(folder.path() / "new/2.folder");
  REQUIRE(::mkfifo((folder.path() / "new/3.fifo").c_str(), 0600) == 0);
  folder.write("new/4.mail", "mail");
  const auto mailbox = folder.open();
  CHECK(fetch(*mailbox, 9) == Ids{"4.mail"});
  CHECK(mailbox->remove({"1.link", "2.folder", "3.fifo"}).has_value());
  CHECK(folder.has_file("secret"));
  CHECK(folder.has_file("new/2.folder"));
}

TEST_CASE("a message that vanishes or moves while a Maildir is read is no error") {
  const Folder folder;
  folder.write("new/1.a", "one");
  folder.write("new/2.b", "two");
  folder.write("cur/2.b:2,S", "two");
  const auto mailbox = folder.open();
  const auto got = mailbox->fetch(9, [&](const std::string& id) {
    if (id == "1.a") fs::remove(folder.path() / "new/1.a");
    return false;
  });
  REQUIRE(got.has_value());
  CHECK(test::ids_of(*got) == Ids{"2.b"});
}

TEST_CASE("of a file in a Maildir that is too large only the beginning is read") {
  const Folder folder;
  std::size_t size = largest_message;
  SUBCASE("one that just fits") {}
  SUBCASE("one of an octet more") { ++size; }
  folder.write("new/1.a", std::string(size, 'x'));
  const auto all = fetched(*folder.open());
  REQUIRE(all.size() == 1);
  CHECK(all[0].bytes.size() == largest_message);
}

TEST_CASE("a round over a Maildir ends when it is large enough") {
  const Folder folder;
  for (const auto* name : {"new/1", "new/2", "new/3", "new/4", "new/5"})
    folder.write(name, std::string(largest_round * 2 / 7, 'x'));
  CHECK(fetch(*folder.open(), 9) == Ids{"1", "2", "3", "4"});
}

TEST_CASE("a Maildir that is none says what is missing") {
  const test::TemporaryFolder folder;
  const auto mailbox = make_maildir(folder.path(), {});
  CHECK(has(trouble(*mailbox), "/new cannot be opened: No such file or directory"));
  CHECK(has(mailbox->remove({"a"}).error().message, "a Maildir has the folders new and cur"));
  fs::create_directory(folder.path() / "new");
  fs::create_symlink("/etc", folder.path() / "cur");
  CHECK(has(trouble(*mailbox), "/cur cannot be opened"));
}

TEST_CASE("a large Maildir is drained in rounds, oldest first") {
  const Folder folder;
  for (int i = 0; i < 2000; ++i)
    folder.write("new/" + std::to_string(1'700'000'000 + (i * 7) % 2000) + ".M" +
                     std::to_string(i) + ".host",
                 "mail");
  const auto mailbox = folder.open();
  Ids all;
  for (auto ids = fetch(*mailbox, 300); !ids.empty(); ids = fetch(*mailbox, 300)) {
    all.insert(all.end(), ids.begin(), ids.end());
    REQUIRE(mailbox->remove(ids).has_value());
  }
  CHECK(all.size() == 2000);
  CHECK(std::ranges::is_sorted(all));
  CHECK(mailbox->waiting() == 0);
}

TEST_CASE("the daemon's end ends the reading of a Maildir") {
  const Folder folder;
  folder.write("new/1.a", "one");
  folder.write("new/2.b", "two");
  const auto stop = test::make_stop();
  const auto mailbox = folder.open(stop->get_token());
  const auto got =
      mailbox->fetch(9, [&](const std::string&) { return stop->request_stop(), false; });
  CHECK(got->size() == 1);
}
