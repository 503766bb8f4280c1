#include "daemon/drafts.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "support/temporary_folder.h"

using namespace postrider;
using namespace std::chrono_literals;

namespace {

/// A watched folder whose events are collected.
struct Watched {
  test::TemporaryFolder folder;
  boost::asio::io_context context;
  std::vector<std::string> changed;
  std::vector<std::string> gone;
  std::vector<std::string> told;  // all of it, in its order
  std::set<std::string> seen;
  std::vector<bool> scans;  // complete?
  daemon::Drafts drafts{context,
                        folder.path(),
                        {[this](const auto& path) {
                           changed.push_back(path.string());
                           told.push_back("changed " + path.string());
                         },
                         [this](const auto& path) {
                           gone.push_back(path.string());
                           told.push_back("gone " + path.string());
                         },
                         [this](const auto& all) { seen = all; },
                         [this](bool complete) { scans.push_back(complete); }}};

  /// Lets inotify and the settling timer do their work until something was told.
  void wait_for(const std::vector<std::string>& of, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (of.size() < count && std::chrono::steady_clock::now() < deadline)
      context.run_one_for(50ms);
  }
};

}  // namespace

TEST_CASE("a scan tells every draft once, and an unchanged one no more") {
  Watched watched;
  watched.folder.write("a.md", "one");
  watched.folder.write("b/index.md", "two");
  watched.folder.write(".hidden.md", "no");
  watched.folder.write("a.md~", "no");
  watched.folder.write("notes.pdf", "no");
  watched.folder.write("pictures/p.png", "no");
  watched.folder.write("4913", "no");  // what an editor tries a folder with
  watched.drafts.scan();
  std::sort(watched.changed.begin(), watched.changed.end());
  CHECK(watched.changed == std::vector<std::string>{"a.md", "b"});
  CHECK(watched.seen == std::set<std::string>{"a.md", "b"});
  watched.drafts.scan();
  CHECK(watched.changed.size() == 2);
}

TEST_CASE("a file that is written and closed is told without a scan") {
  Watched watched;
  watched.folder.write("new.md", "text");
  watched.wait_for(watched.changed, 1);
  CHECK(watched.changed == std::vector<std::string>{"new.md"});
}

TEST_CASE("a file that somebody still writes is not told before it is closed") {
  Watched watched;
  const auto path = watched.folder.path() / "slow.md";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  REQUIRE(::write(fd, "half", 4) == 4);
  watched.drafts.scan();
  CHECK(watched.changed.empty());
  CHECK(watched.seen.contains("slow.md"));
  ::close(fd);
  watched.wait_for(watched.changed, 1);
  CHECK(watched.changed == std::vector<std::string>{"slow.md"});
}

TEST_CASE("a file that is renamed into place is told, and one that is deleted is gone") {
  Watched watched;
  watched.folder.write("draft.tmp", "text");
  std::filesystem::rename(watched.folder.path() / "draft.tmp", watched.folder.path() / "d.md");
  watched.wait_for(watched.changed, 1);
  CHECK(watched.changed == std::vector<std::string>{"d.md"});
  std::filesystem::remove(watched.folder.path() / "d.md");
  watched.wait_for(watched.gone, 1);
  CHECK(watched.gone == std::vector<std::string>{"d.md"});
}

TEST_CASE("an image that is added to a folder draft tells the draft again") {
  Watched watched;
  watched.folder.write("issue/index.md", "text");
  watched.drafts.scan();
  REQUIRE(watched.changed.size() == 1);
  watched.folder.write("issue/chart.png", "png");
  watched.wait_for(watched.changed, 2);
  CHECK(watched.changed == std::vector<std::string>{"issue", "issue"});
}

TEST_CASE("a scan is complete only when what was still being written has been told") {
  Watched watched;
  const auto path = watched.folder.path() / "slow.md";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  watched.drafts.scan();
  CHECK(watched.scans == std::vector<bool>{false});
  ::close(fd);
  watched.wait_for(watched.changed, 1);
  CHECK(watched.scans == std::vector<bool>{false, true});
}

TEST_CASE("a draft that changed its name is gone before it is there again") {
  for (const auto& [from, to] : {std::pair{"z.md", "a.md"}, std::pair{"a.md", "z.md"}}) {
    Watched watched;
    watched.folder.write(from, "text");
    watched.drafts.scan();
    std::filesystem::rename(watched.folder.path() / from, watched.folder.path() / to);
    watched.wait_for(watched.told, 3);
    CHECK(watched.told == std::vector<std::string>{std::string("changed ") + from,
                                                   std::string("gone ") + from,
                                                   std::string("changed ") + to});
  }
}

TEST_CASE("a change in a folder of a folder draft tells the draft again") {
  Watched watched;
  watched.folder.write("issue/index.md", "text");
  watched.folder.write("issue/pictures/old.png", "png");
  watched.drafts.scan();
  REQUIRE(watched.changed.size() == 1);
  watched.folder.write("issue/pictures/new.png", "png");
  watched.wait_for(watched.changed, 2);
  CHECK(watched.changed.size() == 2);
}

TEST_CASE("a symlink is told, so that its reader can refuse it aloud") {
  Watched watched;
  std::filesystem::create_symlink("round.md", watched.folder.path() / "round.md");
  watched.wait_for(watched.changed, 1);
  CHECK(watched.changed == std::vector<std::string>{"round.md"});
}

TEST_CASE("a drafts folder that was replaced is watched after the next scan") {
  Watched watched;
  const auto path = watched.folder.path();
  std::filesystem::rename(path, path.string() + ".old");
  std::filesystem::create_directory(path);
  watched.drafts.scan();
  watched.folder.write("new.md", "text");
  watched.wait_for(watched.changed, 1);
  CHECK(watched.changed == std::vector<std::string>{"new.md"});
  std::filesystem::remove_all(path.string() + ".old");
}
