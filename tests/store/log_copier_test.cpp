#include "store/log_copier.h"

#include <doctest/doctest.h>
#include <thread>

#include "support/temporary_folder.h"

using namespace postrider;
using store::Database;
using store::LogCopier;
using store::OpenMode;

namespace {

constexpr std::uintmax_t frame = 4096 + 24;

/// Each a frame or two of its own.
void write(Database& database, int commits) {
  const std::string text(3000, 'x');
  for (int i = 0; i < commits; ++i)
    database.prepare("INSERT INTO events (at, kind, actor, detail) VALUES (0, 'k', 'a', ?)")
        .bind(text)
        .run();
}

std::int64_t count(Database& database) {
  auto query = database.prepare("SELECT count(*) FROM events");
  query.step();
  return query.integer(0);
}

}  // namespace

TEST_CASE("beside a writer that never rests the log begins anew before it is long") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "p.db";
  const auto writing = Database::open(file, OpenMode::read_write).value();
  writing->execute("PRAGMA synchronous = OFF");  // as fast as a disk ever could be
  {
    const LogCopier copier(*writing);
    write(*writing, 40'000);
  }
  CHECK(std::filesystem::file_size(file.string() + "-wal") < 24'000 * frame);
  CHECK(count(*Database::open(file, OpenMode::read_write).value()) == 40'000);
}

TEST_CASE("the log is copied by another than who writes") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "p.db";
  const auto writing = Database::open(file, OpenMode::read_write).value();
  const LogCopier copier(*writing);
  // Not long enough for the writer to do it: whatever comes into the file, the copier has copied.
  const auto before = std::filesystem::file_size(file);
  for (int i = 0; i < 2000 && std::filesystem::file_size(file) == before; ++i) write(*writing, 1);
  while (std::filesystem::file_size(file) == before) std::this_thread::yield();
  CHECK(std::filesystem::file_size(file) > before);
}

TEST_CASE("without its copier the writer copies by itself again") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "p.db";
  const auto writing = Database::open(file, OpenMode::read_write).value();
  {
    const LogCopier copier(*writing);
  }
  write(*writing, 2000);
  CHECK(std::filesystem::file_size(file.string() + "-wal") < 1'100 * frame);
}
