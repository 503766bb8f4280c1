#include "base/zone_files.h"

#define USE_OS_TZDB 1  // as base/ has it
#include <date/tz.h>
#include <doctest/doctest.h>

#include "base/files.h"
#include "base/time_zone.h"
#include "support/temporary_folder.h"

using namespace postrider;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// A folder of zone files, of which one can be replaced.
struct Atlas {
  test::TemporaryFolder folder;
  ZoneFiles files{fs::canonical(folder.path())};
  ZoneFiles::Now now = std::chrono::steady_clock::now();

  /// As a package's update puts it there.
  void put(const std::string& zone, const char* like) {
    const auto aside = folder.path() / "aside";
    fs::copy_file(fs::path("/usr/share/zoneinfo") / like, aside);
    fs::create_directories((folder.path() / zone).parent_path());
    fs::rename(aside, folder.path() / zone);
  }

  std::chrono::hours offset(const std::string& zone) {
    const auto found = files.find(zone, now);
    REQUIRE(found);
    return std::chrono::floor<std::chrono::hours>(found->get_info(date::sys_seconds{}).offset);
  }
};

}  // namespace

TEST_CASE("a zone whose file was replaced is read anew within a minute, and others stay") {
  Atlas atlas;
  atlas.put("Test/Here", "Asia/Kolkata");
  atlas.put("Test/There", "Asia/Tokyo");
  CHECK(atlas.offset("Test/Here") == 5h);
  CHECK(atlas.offset("Test/There") == 9h);
  const auto kept = atlas.files.find("Test/Here", atlas.now);
  const auto version = atlas.files.version(atlas.now);

  atlas.put("Test/Here", "Asia/Tokyo");
  CHECK(atlas.offset("Test/Here") == 5h);  // nobody looks at it more often than once a minute
  atlas.now += ZoneFiles::look_every;
  CHECK(atlas.offset("Test/Here") == 9h);
  CHECK(atlas.files.version(atlas.now) == version + 1);
  // Whoever has the old one goes on with it.
  CHECK(kept->get_info(date::sys_seconds{}).offset == 5h + 30min);

  atlas.now += ZoneFiles::look_every;
  CHECK(atlas.files.version(atlas.now) == version + 1);
}

TEST_CASE("a zone whose file is gone or broken stays as it was read") {
  Atlas atlas;
  atlas.put("Here", "Asia/Tokyo");
  CHECK(atlas.offset("Here") == 9h);
  fs::remove(atlas.folder.path() / "Here");
  atlas.now += ZoneFiles::look_every;
  CHECK(atlas.offset("Here") == 9h);
  write_file(atlas.folder.path() / "Here", "no zone");
  atlas.now += ZoneFiles::look_every;
  CHECK(atlas.offset("Here") == 9h);
  CHECK_FALSE(atlas.files.find("Nowhere", atlas.now));
}

TEST_CASE("what is no zone is none, though it lies among them or leads to one") {
  CHECK(is_time_zone("America/New_York"));
  for (const char* name : {"", ".", "..", "America", "tzdata.zi", "Mars/Phobos", "/etc/passwd",
                           "../zoneinfo/UTC", "/usr/share/zoneinfo/UTC"})
    CHECK_MESSAGE(!is_time_zone(name), name);
}
