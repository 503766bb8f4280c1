#include "daemon/keeping/backup.h"

#include <doctest/doctest.h>
#include <fstream>
#include <sys/stat.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "daemon/guards/identity.h"
#include "daemon/keeping/restore.h"
#include "store/sqlite_subscribers.h"
#include "support/temporary_folder.h"
#include "support/variable.h"
#include "support/zip_writer.h"

using namespace postrider;
using namespace postrider::daemon;
namespace fs = std::filesystem;

namespace {

const Instant saved_at = parse_rfc3339("2026-11-30T08:00:00Z").value();

bool go_on(std::string_view, std::int64_t, std::int64_t) { return true; }

unsigned mode_of(const fs::path& path) {
  struct stat status;
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

/// A newsletter whose folders are in several places, with two readers.
struct Backed {
  test::TemporaryFolder folder;
  config::Settings settings;

  Backed() {
    settings.storage = {folder.path() / "var/postrider.db", folder.path() / "var/drafts",
                        folder.path() / "var/theme", folder.path() / "var/secrets"};
    auto text = std::string(config::sample_settings());
    for (const auto& [key, path] : {std::pair{"database", settings.storage.database},
                                    {"drafts", settings.storage.drafts},
                                    {"theme", settings.storage.theme},
                                    {"secrets", settings.storage.secrets}}) {
      const auto at = text.find(std::string("\n") + key + " = \"");
      REQUIRE(at != std::string::npos);
      const auto end = text.find('\n', at + 1);
      text.replace(at, end - at, std::string("\n") + key + " = \"" + path.string() + "\"");
    }
    settings.file = folder.write("etc/news.toml", text);
    folder.write("var/drafts/welcome.md", "Hello");
    folder.write("var/drafts/rail/index.md", "A train");
    folder.write("var/drafts/rail/train.png", std::string(3000, '\x01'));
    folder.write("var/theme/page.mustache", "{{title}}");
    folder.write("var/secrets/token.keys", "secret", 0600);
    const auto database = open(settings.storage.database);
    store::Ledger(*database).know_lists({"report"});
    store::SqliteSubscribers readers(*database);
    for (const auto* email : {"ann@example.org", "bob@example.org"})
      REQUIRE(readers.add({email, std::nullopt, {}}, "report", {"operator"}, saved_at));
    REQUIRE(guards::claim_if_new(*database, saved_at));
  }

  static std::unique_ptr<store::Database> open(const fs::path& file) {
    auto opened = store::Database::open(file, store::OpenMode::read_write);
    if (!opened) FAIL(opened.error().message);
    return std::move(*opened);
  }

  fs::path file() const { return folder.path() / "backup.zip"; }

  Result<keeping::Backup> back_up(bool replace = false,
                                  const keeping::Progress& progress = go_on) const {
    return keeping::back_up(settings, file(), replace, "0.1.0", saved_at, progress);
  }

  std::size_t files_here() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
};

}  // namespace

TEST_CASE("a backup comes back as it was, for its owner alone, and sends nothing") {
  Backed paper;
  const auto backup = paper.back_up();
  REQUIRE(backup);
  CHECK(backup->missing.empty());
  CHECK(backup->manifest.counts == store::Counts{2, 0, 0});
  CHECK(backup->manifest.files.size() == 7);
  CHECK(mode_of(paper.file()) == 0600);

  const auto there = paper.folder.path() / "restored";
  const auto restored = keeping::restore(paper.file(), there, go_on);
  REQUIRE(restored);
  CHECK(restored->warnings.empty());
  CHECK(restored->manifest.made_at == saved_at);
  for (const auto& [name, bytes] : {std::pair{"drafts/welcome.md", std::string("Hello")},
                                    {"drafts/rail/train.png", std::string(3000, '\x01')},
                                    {"theme/page.mustache", "{{title}}"},
                                    {"secrets/token.keys", "secret"}}) {
    CAPTURE(name);
    CHECK(read_file(there / name, 10'000) == bytes);
    CHECK(mode_of(there / name) == 0600);
  }
  CHECK(mode_of(there) == 0700);
  CHECK(mode_of(there / "secrets") == 0700);
  CHECK(config::load_settings(there / "postrider.toml")->storage.database ==
        fs::canonical(there / "postrider.db"));

  const auto database = Backed::open(there / "postrider.db");
  CHECK(store::SqliteSubscribers(*database).find("ann@example.org"));
  CHECK(guards::unclaimed(guards::look_at_identity(*database)) == "was restored from a backup");
  REQUIRE(guards::claim(*database, "was restored from a backup", saved_at));
  CHECK_FALSE(guards::unclaimed(guards::look_at_identity(*database)));
  const auto original = Backed::open(paper.settings.storage.database);
  CHECK_FALSE(guards::unclaimed(guards::look_at_identity(*original)));
  CHECK(paper.files_here() == 4);  // etc, var, backup.zip, restored
}

TEST_CASE("what a backup lacks is told: links, and a token key that nobody can read") {
  Backed paper;
  fs::remove(paper.settings.storage.secrets / "token.keys");
  fs::create_symlink("/etc/passwd", paper.settings.storage.drafts / "link.md");
  const auto backup = paper.back_up();
  REQUIRE(backup);
  CHECK(backup->missing ==
        std::vector<std::string>{"drafts/link.md (a link)",
                                 "token.keys, without which no link in a mail opens"});

  const auto credentials = paper.folder.write("credentials/token.keys", "by systemd");
  const test::Variable handed("CREDENTIALS_DIRECTORY", credentials.parent_path().string());
  REQUIRE(paper.back_up(true));
  REQUIRE(keeping::restore(paper.file(), paper.folder.path() / "restored", go_on));
  CHECK(read_file(paper.folder.path() / "restored/secrets/token.keys", 100) == "by systemd");
}

TEST_CASE("a draft's folder with odd files in it is backed up without them, which is told") {
  Backed paper;
  const auto drafts = paper.settings.storage.drafts;
  REQUIRE(::mkfifo((drafts / "pipe").c_str(), 0600) == 0);
  for (const auto* name : {"drafts\\of\nmine.md", "\xff.md"})
    paper.folder.write(("var/drafts/" + std::string(name)).c_str(), "odd");
  const auto backup = paper.back_up();
  REQUIRE(backup);
  CHECK(backup->missing.size() == 3);
  CHECK(backup->manifest.files.size() == 7);
  CHECK(keeping::restore(paper.file(), paper.folder.path() / "restored", go_on));
}

TEST_CASE("what the settings name elsewhere is told, what they name in secrets/ is in it") {
  Backed paper;
  const auto text = read_file(paper.settings.file, 1 << 20).value();
  paper.folder.write("etc/news.toml", text +
                                          "\n[[relay]]\nname = \"second\"\nca_file = \"ca.pem\"\n"
                                          "password_file = \"../var/secrets/smtp\"\n");
  const auto backup = paper.back_up();
  REQUIRE(backup);
  CHECK(backup->missing == std::vector<std::string>{(paper.folder.path() / "etc/ca.pem").string() +
                                                    " (relay.ca_file)"});
}

TEST_CASE("a backup is not made where it would go into the next one") {
  const Backed paper;
  for (const auto& folder : {paper.settings.storage.drafts, paper.settings.storage.secrets}) {
    const auto refused = keeping::back_up(paper.settings, folder / "deep/backup.zip", false,
                                          "0.1.0", saved_at, go_on);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("goes into backups itself") != std::string::npos);
  }
}

TEST_CASE(
    "what a killed backup has left is gone with the next one, and what a living one has stays") {
  Backed paper;
  paper.folder.write("backup.zip.postrider-aaaaaa/secrets/token.keys", "secret");
  paper.folder.write("backup.zip.postrider-aaaaaa/.staged-by-postrider", "");
  fs::permissions(paper.folder.path() / "backup.zip.postrider-aaaaaa", fs::perms::owner_all);
  paper.folder.write("backup.zip.postrider-backup/keep", "mine");
  fs::permissions(paper.folder.path() / "backup.zip.postrider-backup", fs::perms::owner_all);
  const auto living = keeping::Staging::beside(paper.file());
  REQUIRE(living);
  CHECK_FALSE(fs::exists(paper.folder.path() / "backup.zip.postrider-aaaaaa"));
  REQUIRE(paper.back_up());
  CHECK(fs::exists(living->path()));
  CHECK(fs::exists(paper.folder.path() / "backup.zip.postrider-backup/keep"));
}

TEST_CASE("a backup is made over no file of the newsletter's own, whatever is forced") {
  const Backed paper;
  const auto database = paper.settings.storage.database.string();
  for (const fs::path& own : {fs::path(database), fs::path(database + "-wal"),
                              fs::path(database + ".claim"), fs::path(paper.settings.file)}) {
    CAPTURE(own);
    const auto before = read_file(own, 1 << 20).value_or("none");
    CHECK_FALSE(keeping::back_up(paper.settings, own, true, "0.1.0", saved_at, go_on));
    CHECK(read_file(own, 1 << 20).value_or("none") == before);
  }
}

TEST_CASE("a backup that is replaced while somebody reads it stays whole for them") {
  Backed paper;
  const std::string old(20 << 20, 'x');
  std::ifstream reader(paper.folder.write("backup.zip", old), std::ios::binary);
  REQUIRE(paper.back_up(true));
  reader.seekg(0, std::ios::end);
  CHECK(reader.tellg() == static_cast<std::streamoff>(old.size()));
}

TEST_CASE("a file that is there is replaced only where that is wanted") {
  Backed paper;
  paper.folder.write("backup.zip", "old");
  const auto refused = paper.back_up();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("--force") != std::string::npos);
  CHECK(read_file(paper.file(), 100) == "old");
  CHECK(paper.back_up(true));
  CHECK(mode_of(paper.file()) == 0600);
}

TEST_CASE("a folder is not replaced, and what has the old file's other name stays") {
  Backed paper;
  paper.folder.write("folder/mine", "mine");
  CHECK_FALSE(keeping::back_up(paper.settings, paper.folder.path() / "folder", true, "0.1.0",
                               saved_at, go_on));
  CHECK(fs::exists(paper.folder.path() / "folder/mine"));
  const std::string old(20 << 20, 'x');
  paper.folder.write("backup.zip", old);
  fs::create_hard_link(paper.file(), paper.folder.path() / "other.zip");
  REQUIRE(paper.back_up(true));
  CHECK(fs::file_size(paper.folder.path() / "other.zip") == old.size());
}

TEST_CASE("whatever it is interrupted at, nothing is left of it") {
  Backed paper;
  const auto before = paper.files_here();
  std::set<std::string> steps;
  const auto count = [&](std::string_view doing, auto, auto) {
    steps.insert(std::string(doing));
    return true;
  };
  REQUIRE(paper.back_up(false, count));
  CHECK(steps.size() >= 4);
  const auto whole = read_file(paper.file(), 1 << 20).value();
  for (const auto& step : steps) {
    CAPTURE(step);
    const auto stop = [&](std::string_view doing, auto, auto) { return doing != step; };
    const auto stopped = paper.back_up(true, stop);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().message.ends_with("interrupted"));
    CHECK(read_file(paper.file(), 1 << 20) == whole);
    CHECK(paper.files_here() == before + 1);
  }
  const auto stop = [](auto, auto, auto) { return false; };
  CHECK_FALSE(keeping::restore(paper.file(), paper.folder.path() / "restored", stop));
  CHECK(paper.files_here() == before + 1);
}

TEST_CASE("a newsletter without a database has nothing to back up") {
  Backed paper;
  fs::remove(paper.settings.storage.database);
  CHECK_FALSE(paper.back_up());
}

TEST_CASE("a backup is restored into a folder of its own") {
  Backed paper;
  REQUIRE(paper.back_up());
  const auto there = paper.folder.path() / "restored";
  paper.folder.write("restored/mine", "mine");
  const auto refused = keeping::restore(paper.file(), there, go_on);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("is not empty") != std::string::npos);
  const auto of_file = keeping::restore(paper.file(), there / "mine", go_on);
  REQUIRE_FALSE(of_file);
  CHECK(of_file.error().message.find("is no folder") != std::string::npos);
  const auto nowhere = keeping::restore(paper.file(), there / "a/b", go_on);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().message.ends_with("make its folder first"));
  fs::remove(there / "mine");
  CHECK(keeping::restore(paper.file(), fs::path(there.string() + "/"), go_on));
}

TEST_CASE("a backup that is damaged anywhere is refused, and nothing of it stays") {
  Backed paper;
  REQUIRE(paper.back_up());
  const auto good = read_file(paper.file(), 1 << 20).value();
  const auto before = paper.files_here();
  for (std::size_t at = 100; at < good.size(); at += good.size() / 23) {
    CAPTURE(at);
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    paper.folder.write("backup.zip", bad);
    // Of a few octets, such as times, nothing depends.
    const auto restored = keeping::restore(paper.file(), paper.folder.path() / "restored", go_on);
    if (restored)
      fs::remove_all(paper.folder.path() / "restored");
    else
      CHECK(restored.error().message.starts_with(paper.file().string()));
    CHECK(paper.files_here() == before);
  }
  paper.folder.write("backup.zip", good.substr(0, good.size() / 2));
  CHECK_FALSE(keeping::restore(paper.file(), paper.folder.path() / "restored", go_on));
}

namespace {

/// A list as a backup has it, and as an enemy could write it.
keeping::Manifest listed(const std::map<std::string, std::string>& files) {
  keeping::Manifest manifest{saved_at, "0.1.0", {}, {}};
  for (const auto& [name, bytes] : files) manifest.files[name] = {bytes.size(), hex(sha256(bytes))};
  return manifest;
}

}  // namespace

TEST_CASE("archives that could do harm are refused, and nothing is written") {
  const std::map<std::string, std::string> plain{{"postrider.db", "x"}, {"postrider.toml", "y"}};
  const auto with = [&](const std::string& name, const std::string& bytes) {
    auto files = plain;
    files[name] = bytes;
    return files;
  };
  struct Case {
    std::string what;
    std::map<std::string, std::string> in_list, in_archive;
    test::ZipEntry extra;
    const char* said;
  };
  const Case cases[] = {
      {"a path out of the folder",
       with("drafts/../../evil", "z"),
       with("drafts/../../evil", "z"),
       {},
       "a path out of it"},
      {"an absolute path", with("/tmp/evil", "z"), with("/tmp/evil", "z"), {}, "a path out of it"},
      {"a link",
       with("drafts/link", "/etc"),
       with("drafts/link", "/etc"),
       {.mode = 0120777},
       "a link or a device"},
      {"a file of no newsletter", with("bin/evil", "z"), with("bin/evil", "z"), {}, "bin/evil"},
      {"a file that is not in the list", plain, with("drafts/evil", "z"), {}, "not in its list"},
      {"a file that is not in the archive", with("drafts/a", "z"), plain, {}, "lacks files"},
      {"a longer file than the list says",
       with("drafts/a", "z"),
       with("drafts/a", "zz"),
       {},
       "longer than it should be"},
      {"another file than the list says",
       with("drafts/a", "z"),
       with("drafts/a", "y"),
       {},
       "is not what was backed up"},
      {"one that swells",
       with("drafts/a", "z"),
       with("drafts/a", "z"),
       {.declared = 3'000'000'000},
       "unpacks to more than"},
      {"no database at all", plain, plain, {}, "is no database"},
  };
  for (const auto& [what, in_list, in_archive, extra, said] : cases) {
    CAPTURE(what);
    const test::TemporaryFolder folder;
    test::ZipWriter zip;
    zip.add("backup.json", keeping::to_json(listed(in_list)));
    for (const auto& [name, bytes] : in_archive)
      zip.add(name, bytes, plain.contains(name) ? test::ZipEntry{} : extra);
    const auto file = folder.write("backup.zip", zip.bytes());
    const auto restored = keeping::restore(file, folder.path() / "restored", go_on);
    REQUIRE_FALSE(restored);
    CHECK(restored.error().message.find(said) != std::string::npos);
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
  }
}

TEST_CASE("what is no backup is told as that") {
  const test::TemporaryFolder folder;
  const auto refusal = [&](const fs::path& file) {
    const auto restored = keeping::restore(file, folder.path() / "restored", go_on);
    REQUIRE_FALSE(restored);
    return restored.error().message;
  };
  CHECK(refusal(folder.write("a.zip", "no archive")).find("zip archive") != std::string::npos);
  CHECK(refusal(folder.path() / "none.zip").find("is not there") != std::string::npos);
  CHECK(refusal(folder.path()).find("is no file") != std::string::npos);
  CHECK(refusal(folder.write("b.zip", test::ZipWriter().add("a", "b").bytes()))
            .find("is no backup of Postrider's") != std::string::npos);
  for (const auto* json :
       {"", "[]", "{}", R"({"postrider_backup": "1"})", R"({"postrider_backup": 1, "files": 3})"}) {
    CAPTURE(json);
    CHECK(refusal(folder.write("c.zip", test::ZipWriter().add("backup.json", json).bytes()))
              .find("is no backup of Postrider's") != std::string::npos);
  }
  CHECK(refusal(folder.write(
                    "d.zip",
                    test::ZipWriter().add("backup.json", R"({"postrider_backup": 2})").bytes()))
            .find("newer Postrider") != std::string::npos);
}
