#include "daemon/guards/identity.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <functional>
#include <sys/stat.h>

#include "daemon/guards/counter.h"
#include "daemon/guards/place.h"
#include "support/fake_clock.h"
#include "support/temporary_folder.h"

using namespace postrider;
using namespace postrider::daemon;
using guards::Counter;
using guards::IdentityFacts;
using guards::unclaimed;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A database that is where it was claimed, and has sent.
IdentityFacts at_home() {
  const store::Place place{"3d1219c7c4c5404a", "/news/postrider.db", 17, 1000};
  return {store::Identity{place, 50, {}, {}, false}, place, 50};
}

std::unique_ptr<store::Database> opened(const fs::path& file) {
  auto database = store::Database::open(file, store::OpenMode::read_write);
  if (!database) FAIL(database.error().message);
  return std::move(*database);
}

std::optional<std::string> verdict(const fs::path& file) {
  const auto database = opened(file);
  return unclaimed(guards::look_at_identity(*database));
}

/// One that was claimed and has sent, as a daemon leaves it.
fs::path made(const test::TemporaryFolder& folder, const test::FakeClock& clock) {
  auto file = folder.path() / "postrider.db";
  const auto database = opened(file);
  REQUIRE(guards::claim_if_new(*database, clock.now()));
  const auto count = store::grow(*database, clock.now());
  REQUIRE(Counter(file).write(count.value()));
  return file;
}

}  // namespace

TEST_CASE("a database may send exactly where it was claimed, and if it is not behind its count") {
  struct Case {
    const char* what;
    std::function<void(IdentityFacts&)> change;
    const char* said;  // nothing: it may send
  };
  const Case cases[] = {
      {"at home", [](auto&) {}, nullptr},
      {"brand-new",
       [](auto& f) {
         f.known.reset();
         f.outside.reset();
       },
       nullptr},
      {"killed before the count outside was written", [](auto& f) { f.outside = 49; }, nullptr},
      {"its count outside stood still", [](auto& f) { f.outside = 0; }, nullptr},
      {"the file system does not tell when it was made any more", [](auto& f) { f.here.born = 0; },
       nullptr},
      {"the file system did not tell when it was made", [](auto& f) { f.known->place.born = 0; },
       nullptr},
      {"no machine-id, then or now",
       [](auto& f) {
         f.known->place.machine.clear();
         f.here.machine.clear();
       },
       nullptr},
      {"on another machine", [](auto& f) { f.here.machine = "other"; }, "on the machine 3d1219c7"},
      {"its machine-id is gone", [](auto& f) { f.here.machine.clear(); },
       "a machine without an id"},
      {"at another path", [](auto& f) { f.here.path = "/copy/postrider.db"; },
       "as /news/postrider.db, and is /copy/postrider.db now"},
      {"another file", [](auto& f) { f.here.inode = 18; }, "is a copy, or was put back"},
      {"another file with the same inode", [](auto& f) { f.here.born = 2000; },
       "is a copy, or was put back"},
      {"no count outside", [](auto& f) { f.outside.reset(); }, "postrider.db.claim, is missing"},
      {"behind its count", [](auto& f) { f.outside = 51; },
       "its count is 50, and /news/postrider.db.claim says 51"},
      {"from a backup", [](auto& f) { f.known->restored = true; }, "restored from a backup"},
  };
  for (const auto& [what, change, said] : cases) {
    CAPTURE(what);
    auto facts = at_home();
    change(facts);
    const auto why = unclaimed(facts);
    CHECK(why.has_value() == (said != nullptr));
    if (why && said) CHECK(why->find(said) != std::string::npos);
  }
}

TEST_CASE("a brand-new database belongs to its place unasked, and only there") {
  const test::TemporaryFolder folder;
  const test::FakeClock clock;
  const auto file = made(folder, clock);
  CHECK_FALSE(verdict(file));
  struct stat status;
  REQUIRE(::stat((file.string() + ".claim").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  SUBCASE("by a link it is the same") {
    fs::create_symlink(folder.path(), folder.path() / "link");
    CHECK_FALSE(verdict(folder.path() / "link" / "postrider.db"));
  }
  SUBCASE("a copied folder is another") {
    fs::create_directory(folder.path() / "copy");
    for (const auto* name : {"postrider.db", "postrider.db.claim"})
      fs::copy_file(folder.path() / name, folder.path() / "copy" / name);
    CHECK(verdict(folder.path() / "copy" / "postrider.db"));
    CHECK_FALSE(verdict(file));
  }
  SUBCASE("a copy put in its place with its count is another") {
    fs::copy_file(file, folder.path() / "copy");
    fs::rename(folder.path() / "copy", file);
    CHECK(verdict(file));
  }
  SUBCASE("a lost count is noticed") {
    fs::remove(file.string() + ".claim");
    CHECK(verdict(file));
  }
  SUBCASE("a damaged count is noticed") {
    fs::resize_file(file.string() + ".claim", 3);
    CHECK(verdict(file));
  }
  SUBCASE("an older state in the same file is noticed, until it is claimed") {
    REQUIRE(Counter(file).write(7));
    REQUIRE(verdict(file));
    const auto database = opened(file);
    REQUIRE(guards::claim(*database, "was older", clock.now()));
    CHECK_FALSE(verdict(file));
    CHECK(store::identity(*database)->generation == 8);
    CHECK(Counter(file).read() == 8);
    const auto events = store::Ledger(*database).events_to_tell(0);
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == "database.claimed");
    CHECK(events[0].detail == fs::canonical(file).string() + ", which was older");
  }
  SUBCASE("a claim makes the count anew where it is gone") {
    fs::remove(file.string() + ".claim");
    REQUIRE(guards::claim(*opened(file), "lost it", clock.now()));
    CHECK_FALSE(verdict(file));
  }
  SUBCASE("a new database beside the count of a lost one is brand-new all the same") {
    REQUIRE(Counter(file).write(500));
    fs::remove(file);
    REQUIRE(guards::claim_if_new(*opened(file), clock.now()));
    CHECK_FALSE(verdict(file));
  }
}

TEST_CASE("an ordinary week with mails, restarts and kills does not set the guard off") {
  const test::TemporaryFolder folder;
  test::FakeClock clock;
  const auto file = made(folder, clock);
  for (int hour = 0; hour < 7 * 24; ++hour) {
    REQUIRE_FALSE(verdict(file));
    const auto database = opened(file);  // a restart
    const auto count = store::grow(*database, clock.now());
    // Every third time it is killed between the two.
    if (hour % 3 != 0) REQUIRE(Counter(file).write(count.value()));
    clock.advance(1h);
  }
}
